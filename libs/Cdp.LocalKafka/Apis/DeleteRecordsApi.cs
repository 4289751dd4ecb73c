using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Log.Partitions;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Partitions;
using Cdp.LocalKafka.Requests;
using Microsoft.Extensions.Logging;

namespace Cdp.LocalKafka.Apis;

/// <summary>Moves the start of logs forward (KIP-107). With a single node there are no followers to wait for.</summary>
internal sealed class DeleteRecordsApi(TopicStore topics, ILogger logger)
{
    public Api Row => Api.Of<DeleteRecordsRequest>(ApiKey.DeleteRecords, 0, 2, 2, (_, request) => Answer(request));

    private DeleteRecordsResponse Answer(DeleteRecordsRequest request) => new()
    {
        Topics = [.. (request.Topics ?? []).Select(asked => new DeleteRecordsTopicResult
        {
            Name = asked.Name,
            Partitions = [.. (asked.Partitions ?? []).Select(partition => Delete(topics.Find(asked.Name), partition))],
        })],
    };

    private DeleteRecordsPartitionResult Delete(Topic? topic, DeleteRecordsPartition asked)
    {
        var (error, start) = Delete(topic, topic?.Partition(asked.PartitionIndex), asked.Offset);
        return new DeleteRecordsPartitionResult { PartitionIndex = asked.PartitionIndex, ErrorCode = error, LowWatermark = start };
    }

    private (ErrorCode, long) Delete(Topic? topic, PartitionLog? log, long before)
    {
        if (log is null) return (ErrorCode.UnknownTopicOrPartition, -1);
        if (topic!.IsInternal) return (ErrorCode.InvalidTopicException, -1);
        try
        {
            return log.DeleteRecords(before);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            BrokerLog.MaintenanceFailed(logger, topic.Name, log.Partition, e.Message);
            return (ErrorCode.KafkaStorageError, -1);
        }
    }
}
