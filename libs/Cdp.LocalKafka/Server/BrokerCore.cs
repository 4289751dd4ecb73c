using Cdp.LocalKafka.Groups;
using Cdp.LocalKafka.Log;
using Cdp.LocalKafka.Transactions;
using Microsoft.Extensions.Logging;

namespace Cdp.LocalKafka.Server;

/// <summary>The broker without its sockets: the coordinators and the table of APIs over the topics of one data directory.</summary>
internal sealed class BrokerCore
{
    private readonly TopicStore _topics;
    private readonly GroupCoordinator _groups;
    private readonly TransactionCoordinator _transactions;

    /// <param name="self">The address that clients are told.</param>
    public BrokerCore(TopicStore topics, NodeAddress self, LocalKafkaOptions options, ILogger logger)
    {
        _topics = topics;
        _groups = new GroupCoordinator(topics, options.TimeProvider, new GroupOptions { InitialRebalanceDelay = options.GroupInitialRebalanceDelay }, () => self);
        _transactions = new TransactionCoordinator(topics, _groups, options.TimeProvider, new TransactionOptions(), logger);
        Dispatcher = new Dispatcher(Apis(self, options, logger));
    }

    public Dispatcher Dispatcher { get; }

    /// <summary>Ends the clocks and answers those who wait; what comes after is still served. The logs must still be open.</summary>
    public async Task StopCoordinators()
    {
        await _transactions.DisposeAsync().ConfigureAwait(false);
        await _groups.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Ends as a killed process would: nothing more is written, what is in memory is forgotten.</summary>
    public async Task Kill()
    {
        _topics.Close(flush: false);
        await StopCoordinators().ConfigureAwait(false);
    }

    private IEnumerable<Api> Apis(NodeAddress self, LocalKafkaOptions options, ILogger logger) =>
    [
        new ProduceApi(_topics, _transactions, logger).Row,
        new FetchApi(_topics).Row,
        new ListOffsetsApi(_topics).Row,
        new MetadataApi(_topics, new BrokerNode(self.Host, self.Port, _topics.ClusterId), options).Row,
        .. new TopicApis(_topics, options, _groups.Offsets.ForgetTopic).Rows,
        new ConfigsApi(_topics, options).Row,
        .. _groups.Apis,
        .. _transactions.Apis,
    ];
}
