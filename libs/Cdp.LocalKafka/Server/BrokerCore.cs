using Cdp.LocalKafka.Faults;
using Cdp.LocalKafka.Groups;
using Cdp.LocalKafka.Log;
using Cdp.LocalKafka.Log.Compaction;
using Cdp.LocalKafka.Transactions;
using Microsoft.Extensions.Logging;

namespace Cdp.LocalKafka.Server;

/// <summary>The broker without its sockets: the coordinators and the table of APIs over the topics of one data directory.</summary>
internal sealed class BrokerCore
{
    private readonly TopicStore _topics;
    private readonly GroupCoordinator _groups;
    private readonly TransactionCoordinator _transactions;
    private readonly LogMaintenance _maintenance;
    private readonly LogCleaner _cleaner;

    /// <param name="node">What clients are told of this broker.</param>
    public BrokerCore(TopicStore topics, BrokerNode node, LocalKafkaOptions options, ILogger logger)
    {
        _topics = topics;
        var groups = new GroupOptions { InitialRebalanceDelay = options.GroupInitialRebalanceDelay, MinSessionTimeout = options.GroupMinSessionTimeout };
        _groups = new GroupCoordinator(topics, options.TimeProvider, groups, node);
        _transactions = new TransactionCoordinator(topics, _groups, options.TimeProvider, new TransactionOptions(), logger);
        _maintenance = new LogMaintenance(topics, options.TimeProvider, options.LogCleanupInterval, logger);
        _cleaner = new LogCleaner(topics, options.TimeProvider, options.LogCleanupInterval, logger);
        Faults = new BrokerFaults(new ErrorAnswers(id => topics.Find(id)?.Name), options.TimeProvider);
        Apis = [.. Rows(node, options, logger)];
        Dispatcher = new Dispatcher(Apis, Faults);
    }

    /// <summary>All that is served.</summary>
    public IReadOnlyList<Api> Apis { get; }

    public BrokerFaults Faults { get; }

    public Dispatcher Dispatcher { get; }

    /// <summary>Ends the clocks and answers those who wait; what comes after is still served. The logs must still be open.</summary>
    public async Task StopClocks()
    {
        await _cleaner.DisposeAsync().ConfigureAwait(false);
        await _maintenance.DisposeAsync().ConfigureAwait(false);
        await _transactions.DisposeAsync().ConfigureAwait(false);
        await _groups.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Ends as a killed process would: nothing more is written, what is in memory is forgotten.</summary>
    public async Task Kill()
    {
        _topics.Close(flush: false);
        await StopClocks().ConfigureAwait(false);
    }

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
