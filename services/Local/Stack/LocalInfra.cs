using Cdp.Local.Settings;
using Cdp.LocalKafka;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalRedis;
using Cdp.LocalRegistry;

namespace Cdp.Local.Stack;

/// <summary>The infrastructure that the services need: broker, schema registry and Redis.</summary>
public sealed class LocalInfra : IAsyncDisposable
{
    private readonly LocalKafkaBroker _broker;
    private readonly RegistryServer _registry;
    private readonly EmbeddedRedis _redis;

    private LocalInfra(LocalKafkaBroker broker, RegistryServer registry, EmbeddedRedis redis) => (_broker, _registry, _redis) = (broker, registry, redis);

    /// <summary>The broker as host:port.</summary>
    public string Kafka => _broker.BootstrapServers;

    /// <summary>The URL of the schema registry.</summary>
    public string Registry => _registry.Url;

    /// <summary>Redis as host:port.</summary>
    public string Redis => _redis.Endpoint;

    /// <summary>Starts all three with the data in the data directory, the broker before the registry that needs it.</summary>
    /// <param name="options">Ports, host and data directory.</param>
    /// <param name="loggers">Receives the logs of broker and Redis.</param>
    /// <param name="report">Called when a part has started.</param>
    /// <exception cref="StartException">The data is in use or damaged.</exception>
    public static async Task<LocalInfra> StartAsync(LocalOptions options, ILoggerFactory loggers, Action<string>? report = null)
    {
        var data = Path.GetFullPath(options.DataDirectory);
        var broker = await StartBrokerAsync(options, Path.Combine(data, "kafka"), loggers);
        report?.Invoke("Kafka broker started");
        RegistryServer? registry = null;
        try
        {
            registry = await RegistryServer.StartAsync(broker.BootstrapServers, options.Host, options.RegistryPort);
            report?.Invoke("schema registry started");
            var redis = EmbeddedRedis.Start(Path.Combine(data, "redis"), options.Host, options.RedisPort, loggers);
            report?.Invoke("Redis started");
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

    private static async Task<LocalKafkaBroker> StartBrokerAsync(LocalOptions options, string data, ILoggerFactory loggers)
    {
        try
        {
            return await LocalKafkaBroker.StartAsync(
                new LocalKafkaOptions { DataDirectory = data, Host = options.Host.ToString(), Port = options.KafkaPort }, loggers);
        }
        catch (LocalKafkaStartException e)
        {
            throw new StartException($"{e.Message}{Environment.NewLine}Choose another data directory with --data DIR.");
        }
    }
}
