using Cdp.LocalKafka.Log;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Server;

/// <summary>Finds offsets: the ends of a log, or the first record at or after a time.</summary>
internal sealed class ListOffsetsApi(TopicStore topics)
{
    private const sbyte ReadCommitted = 1;

    public Api Row => Api.Of<ListOffsetsRequest>(ApiKey.ListOffsets, 1, 10, 6, (_, request) => Task.FromResult<IWireFields?>(Answer(request)));

    private ListOffsetsResponse Answer(ListOffsetsRequest request)
    {
        var response = new ListOffsetsResponse();
        foreach (var asked in request.Topics ?? [])
        {
            var topic = topics.Find(asked.Name);
            response.Topics!.Add(new ListOffsetsTopicResponse
            {
                Name = asked.Name,
                Partitions = [.. (asked.Partitions ?? []).Select(partition => Find(topic?.Partition(partition.PartitionIndex), partition, request.IsolationLevel == ReadCommitted))],
            });
        }
        return response;
    }

    private static ListOffsetsPartitionResponse Find(PartitionLog? log, ListOffsetsPartition asked, bool committedOnly)
    {
        if (log is null) return new ListOffsetsPartitionResponse { PartitionIndex = asked.PartitionIndex, ErrorCode = ErrorCode.UnknownTopicOrPartition };
        if (asked.CurrentLeaderEpoch > BrokerNode.LeaderEpoch)
            return new ListOffsetsPartitionResponse { PartitionIndex = asked.PartitionIndex, ErrorCode = ErrorCode.UnknownLeaderEpoch };

        var end = committedOnly ? log.LastStableOffset : log.HighWatermark;
        (long Offset, long Timestamp)? found = asked.Timestamp switch
        {
            OffsetSpec.Latest => (end, -1),
            OffsetSpec.Earliest or OffsetSpec.EarliestLocal => (log.StartOffset, -1),
            OffsetSpec.MaxTimestamp => log.Newest(),
            OffsetSpec.LatestTiered => null,
            _ => log.FirstAt(asked.Timestamp),
        };
        if (asked.Timestamp >= 0 && found?.Offset >= end) found = null; // not yet decided, so not yet there for this reader
        return new ListOffsetsPartitionResponse
        {
            PartitionIndex = asked.PartitionIndex,
            Offset = found?.Offset ?? -1,
            Timestamp = found?.Timestamp ?? -1,
            LeaderEpoch = found is null ? -1 : BrokerNode.LeaderEpoch,
        };
    }
}
