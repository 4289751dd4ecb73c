using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace Cdp.Hosting.HotState;

/// <summary>The connection to Redis, which has the hot state.</summary>
public static class Redis
{
    private const int RoleCheckSeconds = 2;

    /// <summary>
    /// Registers the <see cref="IConnectionMultiplexer"/> of a service. It connects in the background and reconnects automatically; while Redis is unavailable
    /// every command fails at once with a <see cref="RedisConnectionException"/>.
    /// </summary>
    public static void AddRedis(this IHostApplicationBuilder builder, RedisOptions options)
    {
        builder.Services.AddSingleton<IConnectionMultiplexer>(_ =>
        {
            var configuration = ConfigurationOptions.Parse(options.Endpoint);
            configuration.AbortOnConnectFail = false;
            configuration.BacklogPolicy = BacklogPolicy.FailFast;
            // A master that was briefly a replica is treated as a replica until the next check of its role, by default up to a minute later.
            configuration.ConfigCheckSeconds = RoleCheckSeconds;
            return ConnectionMultiplexer.Connect(configuration);
        });
    }

    /// <summary>
    /// Whether an exception means that Redis is unavailable or cannot serve (LOADING, READONLY, OOM, NOAUTH, CLUSTERDOWN, …), that the client refuses to send
    /// a command (to a replica, across hash slots), or that a key has a value that no service wrote (<see cref="UnreadableValueException"/>). That says nothing
    /// about the record being processed, so callers wait. A disposed connection is not an outage: its host is gone, and the wait would never end.
    /// </summary>
    public static bool IsOutage(Exception exception) => exception is RedisException or RedisCommandException or TimeoutException;
}
