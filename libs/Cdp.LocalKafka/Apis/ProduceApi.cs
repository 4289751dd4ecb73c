using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Log.Partitions;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Partitions;
using Cdp.LocalKafka.Protocol.Serialization;
using Cdp.LocalKafka.Requests;
using Cdp.LocalKafka.Transactions;
using Microsoft.Extensions.Logging;

namespace Cdp.LocalKafka.Apis;

/// <summary>Appends produced batches to their logs.</summary>
internal sealed class ProduceApi(TopicStore topics, TransactionCoordinator transactions, ILogger logger)
{
    private const short AcksNone = 0;
    private const short AcksLeader = 1;
    private const short AcksAll = -1;
    private const short FirstWithZstd = 7;
    private const short FirstWithTransactionAbortable = 11;

    // librdkafka compresses only if the broker offers the versions from before batches v2. Apache Kafka 4.0 offers them for the same reason.
    public Api Row => Api.Of<ProduceRequest>(ApiKey.Produce, 0, 11, 9, (context, request) => Answer(context, request));

    private ProduceResponse? Answer(RequestContext context, ProduceRequest request)
    {
        var response = new ProduceResponse();
        foreach (var topic in request.TopicData ?? [])
        {
            var found = topics.Find(topic.Name);
            var partitions = new List<PartitionProduceResponse>();
            foreach (var partition in topic.PartitionData ?? []) partitions.Add(Append(found, partition, request, context.ApiVersion));
            response.Responses!.Add(new TopicProduceResponse { Name = topic.Name, PartitionResponses = partitions });
        }
        if (request.Acks != AcksNone) return response;

        // Without a response, closing the connection is the only way to report the error to the producer. Kafka does the same.
        var failed = response.Responses!.SelectMany(topic => topic.PartitionResponses!).FirstOrDefault(partition => partition.ErrorCode != ErrorCode.None);
        return failed is null ? null : throw new ProtocolException($"a produce request with acks=0 failed with {failed.ErrorCode}: {failed.ErrorMessage}");
    }

    private PartitionProduceResponse Append(Topic? topic, PartitionProduceData data, ProduceRequest request, short version)
    {
        var log = topic?.Partition(data.Index);
        var result = Append(topic, log, data.Records.Bytes, request, version);
        return new PartitionProduceResponse
        {
            Index = data.Index,
            ErrorCode = result.ErrorCode,
            ErrorMessage = result.Message,
            RecordErrors = (result.RecordErrors ?? []).Select(
                error => new BatchIndexAndErrorMessage { BatchIndex = error.Index, BatchIndexErrorMessage = error.Message }).ToList(),
            BaseOffset = result.BaseOffset,
            LogAppendTimeMs = result.LogAppendTime,
            LogStartOffset = result.ErrorCode == ErrorCode.None ? log!.StartOffset : -1,
        };
    }

    private AppendResult Append(Topic? topic, PartitionLog? log, ReadOnlyMemory<byte>? batch, ProduceRequest request, short version)
    {
        if (request.Acks is not (AcksNone or AcksLeader or AcksAll))
            return AppendResult.Refused(ErrorCode.InvalidRequiredAcks, $"acks is {request.Acks}; it must be 0, 1 or -1");
        if (log is null) return AppendResult.Refused(ErrorCode.UnknownTopicOrPartition, "the topic or partition does not exist");
        if (topic!.IsInternal) return AppendResult.Refused(ErrorCode.InvalidTopicException, $"topic '{topic.Name}' is internal");
        if (batch is null) return AppendResult.Refused(ErrorCode.InvalidRecord, "the request has no record batch");
        if (version < FirstWithZstd && BatchHeader.TryRead(batch.Value.Span, out var head) && head.Codec == Codec.Zstd)
            return AppendResult.Refused(
                ErrorCode.UnsupportedCompressionType, $"zstd needs produce request v{FirstWithZstd} or later (KIP-110); this is v{version}");
        try
        {
            var partition = new TopicPartition(topic.Name, log.Partition);
            return log.Append(batch.Value, header => MayBegin(header, request.TransactionalId, partition, version));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            BrokerLog.AppendFailed(logger, topic.Name, log.Partition, e);
            return AppendResult.Refused(ErrorCode.KafkaStorageError, "the broker could not write to its disk");
        }
    }

    // As in Kafka: without a transactional id the producer cannot be authorized for the transaction. While markers are being written the producer has
    // to retry, and NOT_ENOUGH_REPLICAS is the only error code on which all clients retry.
    private ErrorCode MayBegin(BatchHeader header, string? transactionalId, TopicPartition partition, short version) =>
        transactionalId is null
            ? ErrorCode.TransactionalIdAuthorizationFailed
            : transactions.Verify(transactionalId, header.ProducerId, header.ProducerEpoch, partition) switch
            {
                ErrorCode.ConcurrentTransactions => ErrorCode.NotEnoughReplicas,
                ErrorCode.InvalidTxnState when version >= FirstWithTransactionAbortable => ErrorCode.TransactionAbortable,
                var verdict => verdict,
            };
}
