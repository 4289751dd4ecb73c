using Cdp.LocalKafka.Apis;
using Cdp.LocalKafka.Faults;
using Cdp.LocalKafka.Groups;
using Cdp.LocalKafka.Groups.StateMachine;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Requests;
using Cdp.LocalKafka.Transactions;
using Microsoft.Extensions.Logging;

namespace Cdp.LocalKafka.Server;

/// <summary>The broker without its sockets: the coordinators and the dispatch table, on top of the topics of one data directory.</summary>
internal sealed class BrokerCore
{
    private readonly TopicStore _topics;
    private readonly GroupCoordinator _groups;
    private readonly TransactionCoordinator _transactions;
    private readonly LogMaintenance _maintenance;
    private readonly LogCleaner _cleaner;

    /// <param name="topics">The topics of the data directory.</param>
    /// <param name="node">The address and cluster id to report to clients.</param>
    /// <param name="options">The options of the broker.</param>
    /// <param name="logger">The logger for all parts of the broker.</param>
    public BrokerCore(TopicStore topics, BrokerNode node, LocalKafkaOptions options, ILogger logger)
    {
        _topics = topics;
        _groups = new GroupCoordinator(topics, options.TimeProvider, GroupOptionsOf(options), node);
        _transactions = new TransactionCoordinator(topics, _groups, options.TimeProvider, TransactionOptionsOf(options), logger);
        _maintenance = new LogMaintenance(topics, options.TimeProvider, options.LogCleanupInterval, logger);
        _cleaner = new LogCleaner(topics, options.TimeProvider, options.LogCleanupInterval, logger);
        Faults = new BrokerFaults(new ErrorAnswers(id => topics.Find(id)?.Name), options.TimeProvider);
        Apis = [.. Rows(node, options, logger)];
        Dispatcher = new Dispatcher(Apis, Faults);
    }

    /// <summary>All supported APIs.</summary>
    public IReadOnlyList<Api> Apis { get; }

    public BrokerFaults Faults { get; }

    public Dispatcher Dispatcher { get; }

    /// <summary>Stops the timers and responds to waiting requests. Later requests are still handled. The logs must still be open.</summary>
    public async Task StopTimers()
    {
        await _cleaner.DisposeAsync().ConfigureAwait(false);
        await _maintenance.DisposeAsync().ConfigureAwait(false);
        await _transactions.DisposeAsync().ConfigureAwait(false);
        await _groups.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Stops as if the process were killed: nothing more is written, and everything in memory is lost.</summary>
    public async Task Kill()
    {
        _topics.Close(flush: false);
        await StopTimers().ConfigureAwait(false);
    }

    private static GroupOptions GroupOptionsOf(LocalKafkaOptions options) => new()
    {
        InitialRebalanceDelay = options.GroupInitialRebalanceDelay,
        MinSessionTimeout = options.GroupMinSessionTimeout,
    };

    private static TransactionOptions TransactionOptionsOf(LocalKafkaOptions options) => new()
    {
        IdExpiration = options.TransactionalIdExpiration,
        IdCleanupInterval = options.TransactionalIdCleanupInterval,
    };

    private IEnumerable<Api> Rows(BrokerNode node, LocalKafkaOptions options, ILogger logger) =>
    [
        new ProduceApi(_topics, _transactions, logger).Row,
        new FetchApi(_topics, options.TimeProvider).Row,
        new ListOffsetsApi(_topics).Row,
        new DeleteRecordsApi(_topics, logger).Row,
        new OffsetForLeaderEpochApi(_topics).Row,
        .. new MetadataApi(_topics, node, options).Rows,
        .. new TopicApis(_topics, options, _groups.Offsets.ForgetTopic).Rows,
        new CreatePartitionsApi(_topics).Row,
        new ConfigsApi(_topics, options).Row,
        .. new AlterConfigsApi(_topics).Rows,
        .. _groups.Apis,
        .. _transactions.Apis,
    ];
}
