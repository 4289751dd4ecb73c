using Cdp.LocalKafka.Faults;
using Cdp.LocalKafka.Groups;
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

    /// <summary>The port it listens on, chosen by the system when the options left it open.</summary>
    public int Port { get; }

    /// <summary>What clients are configured with: the host and port they are told, an IPv6 address in brackets.</summary>
    public string BootstrapServers => _node.Host.Contains(':', StringComparison.Ordinal) ? $"[{_node.Host}]:{_node.Port}" : $"{_node.Host}:{_node.Port}";

    /// <summary>What is to go wrong, for tests of clients: errors, delays, lost answers.</summary>
    public BrokerFaults Faults => _core.Faults;

    internal Dispatcher Dispatcher => _core.Dispatcher;

    internal int Connections => _listener.Connections;

    /// <summary>Opens the data directory and listens. Connections are served when the task completes.</summary>
    /// <exception cref="LocalKafkaStartException">The directory is held or damaged, or the port is taken.</exception>
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
    /// Ends as a killed process would: connections are reset, nothing more is written, what is in memory is forgotten. The files stay
    /// as they are and the port is free. For tests of recovery.
    /// </summary>
    public void Kill()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0) return;
        _listener.Drop();
        _core.Kill().GetAwaiter().GetResult();
        _dataLock.Dispose();
    }

    /// <summary>Stops cleanly: open requests are dropped, the logs are flushed to the disk.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0) return;
        try
        {
            _listener.Drop();
            await _core.StopClocks().ConfigureAwait(false);
            await _listener.Stopped().ConfigureAwait(false);
            _topics.Close(flush: true);
        }
        finally
        {
            _dataLock.Dispose(); // also when the disk fails at last: the next start reads what is there
        }
    }
}
