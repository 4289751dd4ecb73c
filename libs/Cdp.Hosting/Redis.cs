using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace Cdp.Hosting;

/// <summary>The connection to the hot state.</summary>
public static class Redis
{
    /// <summary>
    /// Adds the one <see cref="IConnectionMultiplexer"/> of the process. It connects in the background and reconnects by itself;
    /// while Redis is away every command fails at once with <see cref="RedisConnectionException"/>.
    /// </summary>
    public static void AddRedis(this IHostApplicationBuilder builder, RedisOptions options)
    {
        builder.Services.AddSingleton<IConnectionMultiplexer>(_ =>
        {
            var configuration = ConfigurationOptions.Parse(options.Endpoint);
            configuration.AbortOnConnectFail = false;
            configuration.BacklogPolicy = BacklogPolicy.FailFast;
            return ConnectionMultiplexer.Connect(configuration);
        });
    }

    /// <summary>Whether an exception means that Redis is away or unfit (loading, read-only, out of memory), which is waited for.</summary>
    public static bool IsOutage(Exception exception) => exception is RedisException or RedisTimeoutException or TimeoutException or ObjectDisposedException { ObjectName: "ConnectionMultiplexer" };
}
