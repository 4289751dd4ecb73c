using Cdp.LocalKafka.Faults;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Requests;
using Cdp.LocalKafka.Server;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cdp.LocalKafka;

/// <summary>
/// A single-node broker inside this process that speaks the Kafka protocol over TCP and stores its log on disk. For development and tests: it has
/// no replication, authentication or quotas.
/// </summary>
public sealed class LocalKafkaBroker : IAsyncDisposable
{
    private readonly DataLock _dataLock;
    private readonly TopicStore _topics;
    private readonly BrokerCore _core;
    private readonly Listener _listener;
    private readonly BrokerNode _node;
    private int _stopped;

    private LocalKafkaBroker(DataLock dataLock, TopicStore topics, Listener listener, LocalKafkaOptions options, ILogger logger)
    {
        _dataLock = dataLock;
        _topics = topics;
        _listener = listener;
        Port = listener.Port;
        _node = new BrokerNode(BrokerNode.AdvertisedHost(options), options.AdvertisedPort ?? Port, topics.ClusterId);
        _core = new BrokerCore(topics, _node, options, logger);
        listener.Start(Dispatcher, options, logger);
    }

    /// <summary>The port that the broker listens on. If the options ask for port 0, the system has chosen it.</summary>
    public int Port { get; }

    /// <summary>The advertised host and port, for the <c>bootstrap.servers</c> of clients. An IPv6 address is in brackets.</summary>
    public string BootstrapServers =>
        _node.Host.Contains(':', StringComparison.Ordinal) ? $"[{_node.Host}]:{_node.Port}" : $"{_node.Host}:{_node.Port}";

    /// <summary>Injects faults for tests of clients: errors, delays and lost responses.</summary>
    public BrokerFaults Faults => _core.Faults;

    internal Dispatcher Dispatcher => _core.Dispatcher;

    internal int Connections => _listener.Connections;

    /// <summary>Opens the data directory and starts to listen. Connections are served once the task completes.</summary>
    /// <exception cref="LocalKafkaStartException">The directory is in use or damaged, or the port is taken.</exception>
    public static async Task<LocalKafkaBroker> StartAsync(LocalKafkaOptions options, ILoggerFactory? loggers = null, CancellationToken cancel = default)
    {
        var logger = (loggers ?? NullLoggerFactory.Instance).CreateLogger<LocalKafkaBroker>();
        var dataLock = DataLock.Take(options.DataDirectory);
        TopicStore? topics = null;
        Listener? listener = null;
        try
        {
            topics = TopicStore.Open(options.DataDirectory, options.TimeProvider, options.Flush == LocalKafkaFlush.EveryAppend);
            listener = await Listener.Bind(options.Host, options.Port, cancel).ConfigureAwait(false);
            return new LocalKafkaBroker(dataLock, topics, listener, options, logger);
        }
        catch (Exception e)
        {
            listener?.Drop();
            topics?.Close(flush: false);
            dataLock.Dispose();
            if (e is InvalidDataException) throw new LocalKafkaStartException(e.Message, e);
            throw;
        }
    }

    /// <summary>
    /// Stops the broker as if its process were killed: connections are reset, nothing more is written, and everything in memory is lost. The files
    /// stay as they are and the port is free. For tests of recovery.
    /// </summary>
    public void Kill()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0) return;
        _listener.Drop();
        _core.Kill().GetAwaiter().GetResult();
        _dataLock.Dispose();
    }

    /// <summary>Stops cleanly: drops open requests and flushes the logs to disk.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0) return;
        try
        {
            _listener.Drop();
            await _core.StopTimers().ConfigureAwait(false);
            await _listener.Stopped().ConfigureAwait(false);
            _topics.Close(flush: true);
        }
        finally
        {
            _dataLock.Dispose(); // even if the final flush fails: the next start recovers from what is on disk
        }
    }
}
