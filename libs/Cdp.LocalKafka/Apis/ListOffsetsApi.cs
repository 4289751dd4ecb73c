using Cdp.LocalKafka.Log.Partitions;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Partitions;
using Cdp.LocalKafka.Requests;

namespace Cdp.LocalKafka.Apis;

/// <summary>Finds offsets: the start or end of a log, or the first record at or after a timestamp.</summary>
internal sealed class ListOffsetsApi(TopicStore topics)
{
    private const sbyte ReadCommitted = 1;

    public Api Row => Api.Of<ListOffsetsRequest>(ApiKey.ListOffsets, 1, 10, 6, (context, request) => Answer(request, context.ApiVersion));

    private ListOffsetsResponse Answer(ListOffsetsRequest request, short version)
    {
        var asked = (request.Topics ?? []).SelectMany(
            topic => (topic.Partitions ?? []).Select(partition => new TopicPartition(topic.Name, partition.PartitionIndex)));
        var twice = asked.GroupBy(partition => partition).Where(same => same.Count() > 1).Select(same => same.Key).ToHashSet();
        return new ListOffsetsResponse
        {
            Topics = [.. (request.Topics ?? []).Select(topic => new ListOffsetsTopicResponse
            {
                Name = topic.Name,
                Partitions = [.. (topic.Partitions ?? []).Select(partition =>
                {
                    var log = topics.Find(topic.Name)?.Partition(partition.PartitionIndex);
                    var isDuplicate = twice.Contains(new TopicPartition(topic.Name, partition.PartitionIndex));
                    var error = isDuplicate ? ErrorCode.InvalidRequest : Problem(log, partition, version);
                    return error == ErrorCode.None
                        ? Find(log!, partition, request.IsolationLevel == ReadCommitted)
                        : new ListOffsetsPartitionResponse { PartitionIndex = partition.PartitionIndex, ErrorCode = error };
                })],
            })],
        };
    }

    private static ErrorCode Problem(PartitionLog? log, ListOffsetsPartition asked, short version)
    {
        if (asked.Timestamp < 0 && !(version >= FirstVersion(asked.Timestamp))) return ErrorCode.UnsupportedVersion;
        return log is null ? ErrorCode.UnknownTopicOrPartition : BrokerNode.EpochProblem(asked.CurrentLeaderEpoch);
    }

    // KIP-734, KIP-405, KIP-1005.
    private static short? FirstVersion(long spec) => spec switch
    {
        OffsetSpec.Latest or OffsetSpec.Earliest => 1,
        OffsetSpec.MaxTimestamp => 7,
        OffsetSpec.EarliestLocal => 8,
        OffsetSpec.LatestTiered => 9,
        _ => null,
    };

    private static ListOffsetsPartitionResponse Find(PartitionLog log, ListOffsetsPartition asked, bool committedOnly)
    {
        var end = committedOnly ? log.LastStableOffset : log.HighWatermark;
        (long Offset, long Timestamp)? found = asked.Timestamp switch
        {
            OffsetSpec.Latest => (end, -1),
            OffsetSpec.Earliest or OffsetSpec.EarliestLocal => (log.StartOffset, -1),
            OffsetSpec.MaxTimestamp => BelowEnd(log.Newest()),
            OffsetSpec.LatestTiered => null,
            _ => BelowEnd(log.FirstAt(asked.Timestamp)),
        };
        return new ListOffsetsPartitionResponse
        {
            PartitionIndex = asked.PartitionIndex,
            Offset = found?.Offset ?? -1,
            Timestamp = found?.Timestamp ?? -1,
            LeaderEpoch = found is null ? -1 : BrokerNode.LeaderEpoch,
        };

        // Records at or after the last stable offset do not exist yet for a read_committed consumer.
        (long Offset, long Timestamp)? BelowEnd((long Offset, long Timestamp)? record) => record?.Offset < end ? record : null;
    }
}
