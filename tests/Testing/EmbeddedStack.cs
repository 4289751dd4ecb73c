using System.Net;
using Cdp.LocalKafka;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalRedis;
using Cdp.LocalRegistry;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cdp.Testing;

/// <summary>An embedded broker, schema registry and Redis on free ports, with their data in a temporary directory.</summary>
public sealed class EmbeddedStack : IAsyncDisposable
{
    private readonly TemporaryDirectory _data;
    private readonly RegistryServer _registry;
    private readonly EmbeddedRedis _redis;

    private EmbeddedStack(TemporaryDirectory data, LocalKafkaBroker broker, RegistryServer registry, EmbeddedRedis redis) =>
        (_data, Broker, _registry, _redis) = (data, broker, registry, redis);

    public LocalKafkaBroker Broker { get; }

    /// <summary>The broker as host:port.</summary>
    public string Kafka => Broker.BootstrapServers;

    /// <summary>The URL of the schema registry.</summary>
    public string Registry => _registry.Url;

    /// <summary>Redis as host:port.</summary>
    public string Redis => _redis.Endpoint;

    public static async Task<EmbeddedStack> StartAsync()
    {
        var data = new TemporaryDirectory();
        var broker = await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = data.Combine("kafka") });
        var registry = await RegistryServer.StartAsync(broker.BootstrapServers, IPAddress.Loopback, 0);
        var redis = EmbeddedRedis.Start(data.Combine("redis"), IPAddress.Loopback, 0, NullLoggerFactory.Instance);
        return new EmbeddedStack(data, broker, registry, redis);
    }

    public async ValueTask DisposeAsync()
    {
        _redis.Dispose();
        await _registry.DisposeAsync();
        await Broker.DisposeAsync();
        _data.Dispose();
    }
}
