using Cdp.LocalKafka.Groups;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Transactions;
using Cdp.LocalKafka.Requests;

namespace Cdp.LocalKafka.Transactions;

/// <summary>The transaction APIs for administrators: inspect transactions, and end one that hangs (KIP-664).</summary>
internal sealed class TransactionAdminApis(TransactionCoordinator transactions, TopicStore topics, OffsetCommits offsets, TimeProvider time)
{
    // Besides the states used here, Kafka has states for moments that are never visible here because they pass under a lock.
    private static readonly HashSet<string> StateNames = [.. Enum.GetNames<TransactionState>(), "Dead", "PrepareEpochFence"];

    public IEnumerable<Api> Rows =>
    [
        Api.Of<WriteTxnMarkersRequest>(ApiKey.WriteTxnMarkers, 1, 1, 1, (_, request) => WriteMarkers(request)),
        Api.Of<DescribeProducersRequest>(ApiKey.DescribeProducers, 0, 0, 0, (_, request) => DescribeProducers(request)),
        Api.Of<DescribeTransactionsRequest>(ApiKey.DescribeTransactions, 0, 0, 0, (_, request) => new DescribeTransactionsResponse
        {
            TransactionStates = (request.TransactionalIds ?? []).ConvertAll(Describe),
        }),
        Api.Of<ListTransactionsRequest>(ApiKey.ListTransactions, 0, 1, 0, (_, request) => List(request)),
    ];

    public ListTransactionsResponse List(ListTransactionsRequest request)
    {
        var states = request.StateFilters ?? [];
        var producers = request.ProducerIdFilters ?? [];
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        return new ListTransactionsResponse
        {
            UnknownStateFilters = [.. states.Where(state => !StateNames.Contains(state)).Distinct()],
            TransactionStates =
            [
                .. from transaction in transactions.All
                   let state = transaction.State.ToString()
                   where states.Count == 0 || states.Contains(state)
                   where producers.Count == 0 || producers.Contains(transaction.ProducerId)
                   // As in Kafka, an id without a transaction counts as running since 1970. A state filter excludes it.
                   where request.DurationFilter < 0 || now - transaction.StartedAt > request.DurationFilter
                   select new ListedTransaction
                   {
                       TransactionalId = transaction.TransactionalId,
                       ProducerId = transaction.ProducerId,
                       TransactionState = state,
                   },
            ],
        };
    }

    public DescribedTransaction Describe(string transactionalId)
    {
        if (transactionalId.Length == 0) return new DescribedTransaction { ErrorCode = ErrorCode.InvalidRequest };
        if (transactions.Find(transactionalId) is not { } transaction)
            return new DescribedTransaction { ErrorCode = ErrorCode.TransactionalIdNotFound, TransactionalId = transactionalId };
        return new DescribedTransaction
        {
            TransactionalId = transactionalId,
            TransactionState = transaction.State.ToString(),
            TransactionTimeoutMs = transaction.TimeoutMs,
            TransactionStartTimeMs = transaction.StartedAt,
            ProducerId = transaction.ProducerId,
            ProducerEpoch = transaction.ProducerEpoch,
            Topics =
            [
                .. transaction.Partitions.GroupBy(p => p.Topic)
                    .Select(topic => new TransactionTopic { Topic = topic.Key, Partitions = [.. topic.Select(p => p.Partition).Order()] }),
            ],
        };
    }

    public DescribeProducersResponse DescribeProducers(DescribeProducersRequest request) => new()
    {
        Topics = (request.Topics ?? []).ConvertAll(topic => new DescribedProducersTopic
        {
            Name = topic.Name,
            Partitions = (topic.PartitionIndexes ?? []).ConvertAll(index => Producers(topic.Name, index)),
        }),
    };

    public WriteTxnMarkersResponse WriteMarkers(WriteTxnMarkersRequest request) => new()
    {
        Markers = (request.Markers ?? []).ConvertAll(marker => new WrittenTxnMarker
        {
            ProducerId = marker.ProducerId,
            Topics = (marker.Topics ?? []).ConvertAll(topic => new WrittenTxnMarkerTopic
            {
                Name = topic.Name,
                Partitions = (topic.PartitionIndexes ?? []).ConvertAll(index =>
                    new WrittenTxnMarkerPartition { PartitionIndex = index, ErrorCode = Write(marker, topic.Name, index) }),
            }),
        }),
    };

    private DescribedProducersPartition Producers(string topic, int index)
    {
        if (TopicName.Problem(topic) is { } problem)
            return new DescribedProducersPartition { PartitionIndex = index, ErrorCode = ErrorCode.InvalidTopicException, ErrorMessage = problem };
        if (topics.Find(topic)?.Partition(index) is not { } log)
            return new DescribedProducersPartition { PartitionIndex = index, ErrorCode = ErrorCode.UnknownTopicOrPartition };
        return new DescribedProducersPartition
        {
            PartitionIndex = index,
            ActiveProducers = log.Producers.ConvertAll(producer => new DescribedProducer
            {
                ProducerId = producer.ProducerId,
                ProducerEpoch = producer.Epoch,
                LastSequence = producer.LastSequence,
                LastTimestamp = producer.LastTimestamp,
                CoordinatorEpoch = producer.CoordinatorEpoch,
                CurrentTxnStartOffset = producer.TransactionStart ?? -1,
            }),
        };
    }

    private ErrorCode Write(WritableTxnMarker marker, string topic, int index)
    {
        if (topics.Find(topic)?.Partition(index) is not { } log) return ErrorCode.UnknownTopicOrPartition;
        var error = log.TryAppendMarker(marker.ProducerId, marker.ProducerEpoch, marker.TransactionResult, marker.CoordinatorEpoch);
        if (error == ErrorCode.None && topic == TopicStore.OffsetsTopic) offsets.EndTransaction(marker.ProducerId, marker.TransactionResult);
        return error;
    }
}
