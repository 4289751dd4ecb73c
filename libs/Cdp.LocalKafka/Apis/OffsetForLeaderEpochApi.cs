using Cdp.LocalKafka.Log.Partitions;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Partitions;
using Cdp.LocalKafka.Requests;

namespace Cdp.LocalKafka.Apis;

/// <summary>Reports where a leader epoch ends (KIP-320). There is a single epoch, which ends where the log ends.</summary>
internal sealed class OffsetForLeaderEpochApi(TopicStore topics)
{
    private const int NoEpoch = -1;

    public Api Row => Api.Of<OffsetForLeaderEpochRequest>(ApiKey.OffsetForLeaderEpoch, 2, 4, 4, (_, request) => new OffsetForLeaderEpochResponse
    {
        Topics = [.. (request.Topics ?? []).Select(asked => new OffsetForLeaderTopicResult
        {
            Topic = asked.Topic,
            Partitions = [.. (asked.Partitions ?? []).Select(partition => EndOf(topics.Find(asked.Topic)?.Partition(partition.Partition), partition))],
        })],
    });

    private static EpochEndOffset EndOf(PartitionLog? log, OffsetForLeaderPartition asked)
    {
        if (log is null) return new EpochEndOffset { Partition = asked.Partition, ErrorCode = ErrorCode.UnknownTopicOrPartition };
        if (BrokerNode.EpochProblem(asked.CurrentLeaderEpoch) is var problem and not ErrorCode.None)
            return new EpochEndOffset { Partition = asked.Partition, ErrorCode = problem };
        return asked.LeaderEpoch switch
        {
            BrokerNode.LeaderEpoch => new EpochEndOffset { Partition = asked.Partition, LeaderEpoch = asked.LeaderEpoch, EndOffset = log.HighWatermark },
            // An epoch before the first one ends where the log starts.
            < NoEpoch => new EpochEndOffset { Partition = asked.Partition, LeaderEpoch = asked.LeaderEpoch, EndOffset = log.StartOffset },
            _ => new EpochEndOffset { Partition = asked.Partition },
        };
    }
}
