using System.Net;
using Cdp.LocalKafka;
using Cdp.LocalKafka.Faults;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalRedis;
using Cdp.LocalRegistry;
using Cdp.Streaming.Clients;
using Cdp.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Cdp.Profiles.Tests;

/// <summary>The embedded broker and schema registry, and two Redis servers: redis-server and the embedded Garnet.</summary>
public sealed class Stack : IAsyncLifetime
{
    public const string Redis = "redis-server";
    public const string Garnet = "garnet";

    private readonly string _directory = Directory.CreateTempSubdirectory("cdp-profiles-tests").FullName;
    private LocalKafkaBroker? _broker;
    private RegistryServer? _registry;
    private RedisServer? _redis;
    private EmbeddedRedis? _garnet;

    public static TheoryData<string> Redises => [Redis, Garnet];

    /// <summary>The faults that are injected into the broker. A test must remove those that it adds.</summary>
    public BrokerFaults Faults => _broker!.Faults;

    public string RedisEndpoint => _redis!.Endpoint;

    public string Endpoint(string redis) => redis == Redis ? RedisEndpoint : _garnet!.Endpoint;

    public Task<ConnectionMultiplexer> ConnectAsync(string redis = Redis) => ConnectionMultiplexer.ConnectAsync($"{Endpoint(redis)},allowAdmin=true");

    /// <summary>Writes roots as the linker would: each profile gets the user id of the same name.</summary>
    /// <param name="installation">The installation.</param>
    /// <param name="profiles">The profile ids; p and q if none are given.</param>
    internal async Task LinkAsync(Installation installation, params string[] profiles)
    {
        await using var connection = await ConnectAsync();
        foreach (var profileId in profiles is [] ? ["p", "q"] : profiles)
        {
            await connection.GetDatabase().StringSetAsync(installation.Keys.Root(Some.Id("user_id", profileId)), $"1 {profileId}");
        }
    }

    /// <summary>Options with a unique prefix, so that no topic, group or key is shared with another installation.</summary>
    public KafkaOptions Installation() => new()
    {
        BootstrapServers = _broker!.BootstrapServers,
        SchemaRegistry = _registry!.Url,
        TopicPrefix = $"t{Guid.NewGuid():N}.",
        Partitions = 3,
    };

    public async ValueTask InitializeAsync()
    {
        _broker = await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = Path.Combine(_directory, "kafka") });
        _registry = await RegistryServer.StartAsync(_broker.BootstrapServers, IPAddress.Loopback, FreePort.Find());
        _garnet = EmbeddedRedis.Start(Path.Combine(_directory, "garnet"), IPAddress.Loopback, FreePort.Find(), NullLoggerFactory.Instance);
        _redis = await RedisServer.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_redis is not null) await _redis.DisposeAsync();
        _garnet?.Dispose();
        if (_registry is not null) await _registry.DisposeAsync();
        if (_broker is not null) await _broker.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
