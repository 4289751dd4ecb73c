using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Log.Partitions;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Groups.Storage;

/// <summary>The log of groups and their offsets: <c>__consumer_offsets</c>.</summary>
internal sealed class OffsetsLog(TopicStore topics)
{
    private PartitionLog Log => topics.Find(TopicStore.OffsetsTopic)!.Partitions[0];

    public IEnumerable<LoggedRecord> Records => Log.Records(Log.StartOffset);

    /// <summary>Appends records as one batch. With a producer id, the batch belongs to that producer's transaction.</summary>
    /// <param name="first">The offset of the first record.</param>
    /// <returns>NOT_COORDINATOR if the batch cannot be written, as in Kafka: clients then find the coordinator again and retry.</returns>
    public ErrorCode Append(IReadOnlyList<(byte[]? Key, byte[]? Value)> records, out long first, long producerId = -1, short producerEpoch = -1)
    {
        first = -1;
        try
        {
            first = Log.AppendRecords(records, producerId, producerEpoch, transactional: producerId >= 0);
            return ErrorCode.None;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException) // disposed: the broker is stopping
        {
            return ErrorCode.NotCoordinator;
        }
    }
}
