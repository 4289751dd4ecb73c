using Cdp.LocalKafka.Groups;
using Cdp.LocalKafka.Log;
using Cdp.LocalKafka.Server;
using Cdp.LocalKafka.Transactions;
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
    private readonly GroupCoordinator _groups;
    private readonly TransactionCoordinator _transactions;
    private readonly LogMaintenance _maintenance;
    private readonly Listener _listener;
    private readonly string _host;
    private int _stopped;

    private LocalKafkaBroker(DataLock dataLock, TopicStore topics, Listener listener, LocalKafkaOptions options, ILogger logger)
    {
        _dataLock = dataLock;
        _topics = topics;
        _listener = listener;
        _host = options.Host;
        Port = listener.Port;
        var self = new NodeAddress(BrokerNode.Id, _host, Port);
        _groups = new GroupCoordinator(topics, options.TimeProvider, new GroupOptions { InitialRebalanceDelay = options.GroupInitialRebalanceDelay }, () => self);
        _transactions = new TransactionCoordinator(topics, _groups, options.TimeProvider, new TransactionOptions());
        _maintenance = new LogMaintenance(topics, options.TimeProvider, options.LogCleanupInterval, logger);
        listener.Start(new Dispatcher(Apis(options, logger)), logger);
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
        _topics.Close(flush: false);
        StopCoordinators().GetAwaiter().GetResult();
        _dataLock.Dispose();
    }

    /// <summary>Stops cleanly: open requests are dropped, the logs are flushed to the disk.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0) return;
        _listener.Drop();
        await StopCoordinators().ConfigureAwait(false); // they answer waiting members, whose connections could else not end
        await _listener.Stopped().ConfigureAwait(false);
        _topics.Close(flush: true);
        _dataLock.Dispose();
    }

    private async Task StopCoordinators()
    {
        await _maintenance.DisposeAsync().ConfigureAwait(false);
        await _transactions.DisposeAsync().ConfigureAwait(false);
        await _groups.DisposeAsync().ConfigureAwait(false);
    }

    private IEnumerable<Api> Apis(LocalKafkaOptions options, ILogger logger) =>
    [
        new ProduceApi(_topics, _transactions, logger).Row,
        new FetchApi(_topics).Row,
        new ListOffsetsApi(_topics).Row,
        new DeleteRecordsApi(_topics, logger).Row,
        new MetadataApi(_topics, new BrokerNode(_host, Port, _topics.ClusterId), options).Row,
        .. new TopicApis(_topics, options, _groups.Offsets.ForgetTopic).Rows,
        new ConfigsApi(_topics, options).Row,
        .. _groups.Apis,
        .. _transactions.Apis,
    ];
}
