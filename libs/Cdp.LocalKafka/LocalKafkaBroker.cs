using Cdp.LocalKafka.Log;
using Cdp.LocalKafka.Server;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cdp.LocalKafka;

/// <summary>
/// A single-node broker in this process that speaks the Kafka protocol over TCP and keeps its log on disk. For development and
/// tests: one node has no replicas, no authentication and no quotas.
/// </summary>
public sealed class LocalKafkaBroker : IAsyncDisposable
{
    private readonly DataLock _dataLock;
    private readonly TopicStore _topics;
    private readonly Listener _listener;
    private readonly string _host;
    private int _stopped;

    private LocalKafkaBroker(DataLock dataLock, TopicStore topics, Listener listener, string host)
    {
        _dataLock = dataLock;
        _topics = topics;
        _listener = listener;
        _host = host;
        Port = listener.Port;
    }

    /// <summary>The port it listens on, chosen by the system when the options left it open.</summary>
    public int Port { get; }

    /// <summary>What clients are configured with: host and port.</summary>
    public string BootstrapServers => $"{_host}:{Port}";

    /// <summary>Opens the data directory and listens. Connections are served when the task completes.</summary>
    /// <exception cref="LocalKafkaStartException">The directory is held or damaged, or the port is taken.</exception>
    public static async Task<LocalKafkaBroker> StartAsync(LocalKafkaOptions options, ILoggerFactory? loggers = null, CancellationToken cancel = default)
    {
        var logger = (loggers ?? NullLoggerFactory.Instance).CreateLogger<LocalKafkaBroker>();
        var dataLock = DataLock.Take(options.DataDirectory);
        TopicStore? topics = null;
        try
        {
            topics = TopicStore.Open(options.DataDirectory, options.TimeProvider, options.Flush == LocalKafkaFlush.EveryAppend);
            var listener = await Listener.Bind(options.Host, options.Port, cancel).ConfigureAwait(false);
            var node = new BrokerNode(options.Host, listener.Port, topics.ClusterId);
            listener.Start(new Dispatcher(Apis(topics, node, options, logger)), logger);
            return new LocalKafkaBroker(dataLock, topics, listener, options.Host);
        }
        catch (Exception e)
        {
            topics?.Close(flush: false);
            dataLock.Dispose();
            if (e is InvalidDataException) throw new LocalKafkaStartException(e.Message, e);
            throw;
        }
    }

    /// <summary>
    /// Ends as a killed process would: connections are reset, nothing more is written, what is in memory is forgotten. The files stay
    /// as they are and the port is free. For tests of recovery.
    /// </summary>
    public void Kill()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0) return;
        _topics.Close(flush: false);
        _listener.Drop();
        _dataLock.Dispose();
    }

    /// <summary>Stops cleanly: open requests are dropped, the logs are flushed to the disk.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0) return;
        await _listener.Stop().ConfigureAwait(false);
        _topics.Close(flush: true);
        _dataLock.Dispose();
    }

    private static IEnumerable<Api> Apis(TopicStore topics, BrokerNode node, LocalKafkaOptions options, ILogger logger) =>
    [
        new ProduceApi(topics, logger).Row,
        new FetchApi(topics).Row,
        new ListOffsetsApi(topics).Row,
        new MetadataApi(topics, node, options).Row,
        .. new TopicApis(topics, options).Rows,
        new ConfigsApi(topics, options).Row,
    ];
}
