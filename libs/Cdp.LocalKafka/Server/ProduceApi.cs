using Cdp.LocalKafka.Log;
using Cdp.LocalKafka.Log.Compaction;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Transactions;
using Microsoft.Extensions.Logging;

namespace Cdp.LocalKafka.Server;

/// <summary>Appends produced batches to their logs.</summary>
internal sealed class ProduceApi(TopicStore topics, TransactionCoordinator transactions, ILogger logger)
{
    private const short AcksNone = 0;
    private const short AcksLeader = 1;
    private const short AcksAll = -1;
    private const short FirstWithZstd = 7;
    private const short FirstWithTransactionAbortable = 11;

    // librdkafka compresses only for brokers that offer the versions before batches v2, as Apache Kafka 4.0 does for its sake.
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

        // Without an answer, a closed connection is the one way to tell the producer; Kafka does so too.
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
            RecordErrors = [.. (result.RecordErrors ?? []).Select(error => new BatchIndexAndErrorMessage { BatchIndex = error.Index, BatchIndexErrorMessage = error.Message })],
            BaseOffset = result.BaseOffset,
            LogAppendTimeMs = result.LogAppendTime,
            LogStartOffset = result.ErrorCode == ErrorCode.None ? log!.StartOffset : -1,
        };
    }

    private AppendResult Append(Topic? topic, PartitionLog? log, ReadOnlyMemory<byte>? batch, ProduceRequest request, short version)
    {
        if (request.Acks is not (AcksNone or AcksLeader or AcksAll)) return AppendResult.Refused(ErrorCode.InvalidRequiredAcks, $"acks={request.Acks}");
        if (log is null) return AppendResult.Refused(ErrorCode.UnknownTopicOrPartition, "there is no such topic or partition");
        if (topic!.IsInternal) return AppendResult.Refused(ErrorCode.InvalidTopicException, $"'{topic.Name}' is the broker's own");
        if (batch is null) return AppendResult.Refused(ErrorCode.InvalidRecord, "no record batch");
        if (version < FirstWithZstd && BatchHeader.TryRead(batch.Value.Span, out var head) && head.Codec == Codec.Zstd)
            return AppendResult.Refused(ErrorCode.UnsupportedCompressionType, $"zstd in a produce request v{version}; it came with v{FirstWithZstd} (KIP-110)");
        try
        {
            return log.Append(batch.Value, header => MayBegin(header, request.TransactionalId, new TopicPartition(topic.Name, log.Partition), version));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            BrokerLog.AppendFailed(logger, topic.Name, log.Partition, e);
            return AppendResult.Refused(ErrorCode.KafkaStorageError, "the broker could not write to its disk");
        }
    }

    // Without a transactional id nobody could be authorised to write in its transaction (as in Kafka, with and without an authoriser).
    // While markers are being written the producer is to try again, and the one code every client retries on is this (as in Kafka).
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
