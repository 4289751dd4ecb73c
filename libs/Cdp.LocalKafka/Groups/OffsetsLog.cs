using Cdp.LocalKafka.Log;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Groups;

/// <summary>The log of groups and their offsets, <c>__consumer_offsets</c>.</summary>
internal sealed class OffsetsLog(TopicStore topics)
{
    private PartitionLog Log => topics.Find(TopicStore.OffsetsTopic)!.Partitions[0];

    public IEnumerable<LoggedRecord> Records => Log.Records(Log.StartOffset);

    /// <summary>Appends records as one batch, of a transaction when there is a producer.</summary>
    /// <param name="first">The first record's offset.</param>
    /// <returns>NOT_COORDINATOR if they could not be written, as Kafka words a storage error here: clients look for the coordinator and try again.</returns>
    public ErrorCode Append(IReadOnlyList<(byte[]? Key, byte[]? Value)> records, out long first, long producerId = -1, short producerEpoch = -1)
    {
        first = -1;
        try
        {
            first = Log.AppendRecords(records, producerId, producerEpoch, transactional: producerId >= 0);
            return ErrorCode.None;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException) // closed: the broker stops
        {
            return ErrorCode.NotCoordinator;
        }
    }
}
