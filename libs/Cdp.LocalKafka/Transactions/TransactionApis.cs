using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Transactions;
using Cdp.LocalKafka.Requests;

namespace Cdp.LocalKafka.Transactions;

/// <summary>The transaction APIs for clients. Passes requests to the coordinator and translates errors to what each version knows.</summary>
internal static class TransactionApis
{
    public static IEnumerable<Api> Rows(TransactionCoordinator transactions, TopicStore topics) =>
    [
        Api.Of<InitProducerIdRequest>(ApiKey.InitProducerId, 0, 5, 2, (context, request) => InitProducerId(transactions, request, context.ApiVersion)),
        Api.Of<AddPartitionsToTxnRequest>(
            ApiKey.AddPartitionsToTxn, 0, 3, 3, (context, request) => AddPartitions(transactions, topics, request, context.ApiVersion)),
        Api.Of<AddOffsetsToTxnRequest>(ApiKey.AddOffsetsToTxn, 0, 4, 3, (context, request) => AddOffsets(transactions, request, context.ApiVersion)),
        Api.Of<TxnOffsetCommitRequest>(ApiKey.TxnOffsetCommit, 0, 4, 3, (context, request) => new TxnOffsetCommitResponse
        {
            // TRANSACTION_ABORTABLE was added in version 4 (KIP-890).
            Topics = transactions.CommitOffsets(request, context.ApiVersion >= 4 ? ErrorCode.TransactionAbortable : ErrorCode.InvalidTxnState),
        }),
        Api.Of<EndTxnRequest>(ApiKey.EndTxn, 0, 4, 3, (context, request) => new EndTxnResponse
        {
            ErrorCode = ForVersion(
                transactions.End(request.TransactionalId, request.ProducerId, request.ProducerEpoch, request.Committed), context.ApiVersion, fencedSince: 2),
        }),
    ];

    private static InitProducerIdResponse InitProducerId(TransactionCoordinator transactions, InitProducerIdRequest request, short version)
    {
        if (request.ProducerId < 0 != request.ProducerEpoch < 0) return new InitProducerIdResponse { ErrorCode = ErrorCode.InvalidRequest };
        (long, short)? expected = request.ProducerId < 0 ? null : (request.ProducerId, request.ProducerEpoch);
        var (error, producerId, epoch) = transactions.Initialise(request.TransactionalId, request.TransactionTimeoutMs, expected);
        return new InitProducerIdResponse { ErrorCode = ForVersion(error, version, fencedSince: 4), ProducerId = producerId, ProducerEpoch = epoch };
    }

    private static AddPartitionsToTxnResponse AddPartitions(
        TransactionCoordinator transactions, TopicStore topics, AddPartitionsToTxnRequest request, short version)
    {
        var wanted = (request.Topics ?? []).SelectMany(topic => (topic.Partitions ?? []).Select(p => new TopicPartition(topic.Name, p))).ToList();
        var unknown = wanted.Where(p => topics.Find(p.Topic)?.Partition(p.Partition) is null).ToHashSet();
        var error = unknown.Count > 0
            ? ErrorCode.OperationNotAttempted
            : ForVersion(transactions.AddPartitions(request.TransactionalId, request.ProducerId, request.ProducerEpoch, wanted), version, fencedSince: 2);
        return new AddPartitionsToTxnResponse
        {
            Results =
            [
                .. wanted.GroupBy(p => p.Topic).Select(topic => new AddedTopic
                {
                    Name = topic.Key,
                    Results =
                    [
                        .. topic.Select(p => new AddedPartition
                        {
                            PartitionIndex = p.Partition,
                            ErrorCode = unknown.Contains(p) ? ErrorCode.UnknownTopicOrPartition : error,
                        }),
                    ],
                }),
            ],
        };
    }

    private static AddOffsetsToTxnResponse AddOffsets(TransactionCoordinator transactions, AddOffsetsToTxnRequest request, short version)
    {
        var error = transactions.AddPartitions(
            request.TransactionalId, request.ProducerId, request.ProducerEpoch, [new TopicPartition(TopicStore.OffsetsTopic, 0)]);
        return new AddOffsetsToTxnResponse { ErrorCode = ForVersion(error, version, fencedSince: 2) };
    }

    // KIP-588: versions that do not know PRODUCER_FENCED get INVALID_PRODUCER_EPOCH.
    private static ErrorCode ForVersion(ErrorCode error, short version, short fencedSince) =>
        error == ErrorCode.ProducerFenced && version < fencedSince ? ErrorCode.InvalidProducerEpoch : error;
}
