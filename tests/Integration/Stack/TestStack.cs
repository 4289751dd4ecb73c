using System.Net;
using Cdp.Integration.Stack;
using Cdp.LocalRegistry;
using DotNet.Testcontainers.Builders;
using Testcontainers.Kafka;
using Testcontainers.Redis;
using Xunit;

[assembly: AssemblyFixture(typeof(TestStack))]

namespace Cdp.Integration.Stack;

/// <summary>
/// The broker, the registry and Redis that all tests share: embedded, or those that CDP_TEST_KAFKA, CDP_TEST_REGISTRY and CDP_TEST_REDIS name, or, with
/// CDP_TEST_CONTAINERS=1, containers.
/// </summary>
public sealed class TestStack : IAsyncLifetime
{
    private static readonly string Run = Guid.NewGuid().ToString("N")[..8];

    private readonly List<IAsyncDisposable> _started = [];
    private readonly SemaphoreSlim _redisServerLock = new(1, 1);
    private string? _skip;
    private string _redis = "";
    private RedisServer? _redisServer;
    private int _clusters;

    /// <summary>The broker as host:port.</summary>
    public string Kafka { get; private set; } = "";

    /// <summary>The URL of the schema registry.</summary>
    public string Registry { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        if (Variable("CDP_TEST_KAFKA") is { } kafka)
        {
            Kafka = kafka;
            Registry = Variable("CDP_TEST_REGISTRY")
                ?? throw new InvalidOperationException("CDP_TEST_KAFKA is set; also set CDP_TEST_REGISTRY to the URL of that cluster's schema registry");
            _redis = Variable("CDP_TEST_REDIS") ?? throw new InvalidOperationException(
                "CDP_TEST_KAFKA is set; also set CDP_TEST_REDIS to host:port of a Redis");
        }
        else if (Variable("CDP_TEST_CONTAINERS") == "1") await StartContainersAsync();
        else await StartEmbeddedAsync();
    }

    /// <summary>A part of the stack that no other test uses: topics, groups, keys and instance names with their own prefix.</summary>
    public async Task<Cluster> ClusterAsync(RedisKind redis = RedisKind.OfStack)
    {
        if (_skip is not null) Assert.Skip(_skip);
        var endpoint = redis == RedisKind.OfStack ? _redis : await RedisServerAsync();
        return new Cluster(Kafka, Registry, endpoint, $"it-{Run}-{Interlocked.Increment(ref _clusters)}.");
    }

    public async ValueTask DisposeAsync()
    {
        _started.Reverse();
        foreach (var part in _started) await part.DisposeAsync();
        _redisServerLock.Dispose();
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private async Task StartEmbeddedAsync()
    {
        var embedded = await EmbeddedStack.StartAsync();
        _started.Add(embedded);
        (Kafka, Registry, _redis) = (embedded.Kafka, embedded.Registry, embedded.Redis);
    }

    private async Task StartContainersAsync()
    {
        try
        {
            var kafka = new KafkaBuilder("apache/kafka:4.0.0").Build();
            await kafka.StartAsync();
            _started.Add(kafka);
            var redis = new RedisBuilder("redis:7.2").Build();
            await redis.StartAsync();
            _started.Add(redis);
            var registry = await RegistryServer.StartAsync(kafka.GetBootstrapAddress(), IPAddress.Loopback, 0);
            _started.Add(registry);
            (Kafka, Registry, _redis) = (kafka.GetBootstrapAddress(), registry.Url, redis.GetConnectionString());
        }
        catch (DockerUnavailableException e)
        {
            _skip = $"CDP_TEST_CONTAINERS is 1, but there is no Docker: {e.Message.Split('\n')[0]}";
        }
    }

    private async Task<string> RedisServerAsync()
    {
        await _redisServerLock.WaitAsync();
        try
        {
            if (_redisServer is null) _started.Add(_redisServer = await RedisServer.StartAsync());
            return _redisServer.Endpoint;
        }
        finally
        {
            _redisServerLock.Release();
        }
    }
}
