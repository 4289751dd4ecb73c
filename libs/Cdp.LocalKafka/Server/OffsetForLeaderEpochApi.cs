using Cdp.LocalKafka.Log;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Server;

/// <summary>Tells where a leader's epoch ends (KIP-320). There is one epoch, never over: it ends where the log does.</summary>
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
        if (BrokerNode.EpochProblem(asked.CurrentLeaderEpoch) is var problem and not ErrorCode.None) return new EpochEndOffset { Partition = asked.Partition, ErrorCode = problem };
        return asked.LeaderEpoch switch
        {
            BrokerNode.LeaderEpoch => new EpochEndOffset { Partition = asked.Partition, LeaderEpoch = asked.LeaderEpoch, EndOffset = log.HighWatermark },
            < NoEpoch => new EpochEndOffset { Partition = asked.Partition, LeaderEpoch = asked.LeaderEpoch, EndOffset = log.StartOffset }, // before the first: ends where that begins
            _ => new EpochEndOffset { Partition = asked.Partition },
        };
    }
}
