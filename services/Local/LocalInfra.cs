using System.Net;
using Cdp.Local.Redis;
using Cdp.Local.SchemaRegistry;
using Cdp.LocalKafka;
using Microsoft.Extensions.Logging;

namespace Cdp.Local;

/// <summary>The broker, the registry and Redis: what services need around them.</summary>
public sealed class LocalInfra : IAsyncDisposable
{
    private readonly LocalKafkaBroker _broker;
    private readonly RegistryServer _registry;
    private readonly EmbeddedRedis _redis;

    private LocalInfra(LocalKafkaBroker broker, RegistryServer registry, EmbeddedRedis redis)
    {
        _broker = broker;
        _registry = registry;
        _redis = redis;
    }

    /// <summary>host:port of the broker.</summary>
    public string Kafka => _broker.BootstrapServers;

    public string Registry => _registry.Url;

    /// <summary>host:port of Redis.</summary>
    public string Redis => _redis.Endpoint;

    /// <summary>Starts all three on the data directory, each after what it needs.</summary>
    /// <exception cref="StartException">A port is taken, or the data is in use or damaged.</exception>
    public static async Task<LocalInfra> StartAsync(LocalOptions options, ILoggerFactory loggers)
    {
        var data = Path.GetFullPath(options.DataDirectory);
        Ports.Check(options.Host, options.KafkaPort, "Kafka", "--kafka-port");
        Ports.Check(options.Host, options.RegistryPort, "schema registry", "--registry-port");
        Ports.Check(options.Host, options.RedisPort, "Redis", "--redis-port");
        var broker = await StartBrokerAsync(new LocalKafkaOptions { DataDirectory = Path.Combine(data, "kafka"), Host = options.Host.ToString(), Port = options.KafkaPort }, loggers);
        RegistryServer? registry = null;
        try
        {
            registry = await RegistryServer.StartAsync(broker.BootstrapServers, options.Host, options.RegistryPort);
            var redis = EmbeddedRedis.Start(Path.Combine(data, "redis"), options.Host, options.RedisPort, loggers);
            return new LocalInfra(broker, registry, redis);
        }
        catch
        {
            if (registry is not null) await registry.DisposeAsync();
            await broker.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _redis.Dispose();
        await _registry.DisposeAsync();
        await _broker.DisposeAsync();
    }

    private static async Task<LocalKafkaBroker> StartBrokerAsync(LocalKafkaOptions options, ILoggerFactory loggers)
    {
        try
        {
            return await LocalKafkaBroker.StartAsync(options, loggers);
        }
        catch (LocalKafkaStartException e)
        {
            throw new StartException(e.Message);
        }
    }
}
