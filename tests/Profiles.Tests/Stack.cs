using System.Diagnostics;
using System.Net;
using Cdp.Local.Redis;
using Cdp.Local.SchemaRegistry;
using Cdp.LocalKafka;
using Cdp.Streaming;
using Cdp.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Cdp.Profiles.Tests;

/// <summary>The embedded broker and registry, and Redis twice: Debian's redis-server and the embedded Garnet.</summary>
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

    public string RedisEndpoint => _redis!.Endpoint;

    public string Endpoint(string redis) => redis == Redis ? RedisEndpoint : _garnet!.Endpoint;

    public Task<ConnectionMultiplexer> ConnectAsync(string redis = Redis) => ConnectionMultiplexer.ConnectAsync($"{Endpoint(redis)},allowAdmin=true");

    /// <summary>An installation of its own: no topic, group or key in common with another.</summary>
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

internal static class Eventually
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    /// <summary>Waits until the condition holds; what it throws last is thrown when the time is over.</summary>
    public static async Task Async(Func<Task<bool>> condition)
    {
        for (var started = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                if (await condition()) return;
                if (Stopwatch.GetElapsedTime(started) > Bound) throw new TimeoutException($"not within {Bound}");
            }
            catch (Exception) when (Stopwatch.GetElapsedTime(started) < Bound)
            {
                // Not yet.
            }
            await Task.Delay(20);
        }
    }
}
