using Cdp.Streaming.Clients;
using Cdp.Streaming.Records;
using Confluent.Kafka;

namespace Cdp.Streaming.Reading;

/// <summary>
/// Reads one partition at a time without joining a group: committed records only, in order. The calls block, and each is bounded: the client alone would wait
/// forever for a partition without a leader, unnoticed. Not thread-safe.
/// </summary>
public sealed class PartitionReader : IDisposable
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    private readonly IConsumer<string?, byte[]?> _consumer;

    /// <param name="kafka">The cluster.</param>
    /// <param name="name">Names the reader to the brokers: a group id, without the topic prefix, under which nothing is ever committed.</param>
    /// <param name="onMissingOffset">Where to continue if the log no longer has the offset to read; by default at the first record.</param>
    public PartitionReader(KafkaOptions kafka, string name, AutoOffsetReset onMissingOffset = AutoOffsetReset.Earliest)
    {
        var config = kafka.Consumer(name);
        config.AutoOffsetReset = onMissingOffset;
        _consumer = new ConsumerBuilder<string?, byte[]?>(config)
            .SetKeyDeserializer(RecordKeys.Deserializer).SetLogHandler(KafkaClients.Silence).Build();
    }

    /// <summary>The next offset to read: everything before it has been returned by <see cref="Next"/>, or is not a committed record.</summary>
    public long Position { get; private set; }

    /// <summary>The first offset that is retained, and the end of what readers of committed records can see.</summary>
    /// <exception cref="KafkaException">Kafka is unavailable.</exception>
    public WatermarkOffsets Range(TopicPartition partition, CancellationToken stopping = default) =>
        PartitionLeaders.Await(() => _consumer.QueryWatermarkOffsets(partition, CallTimeout), stopping);

    /// <summary>The first offset whose record has this timestamp or a later one; null if there is no such record.</summary>
    /// <exception cref="KafkaException">Kafka is unavailable.</exception>
    public long? OffsetAt(TopicPartition partition, DateTime time)
    {
        var asked = new TopicPartitionTimestamp(partition, new Timestamp(time));
        var found = PartitionLeaders.Await(() => _consumer.OffsetsForTimes([asked], CallTimeout)).Single().Offset;
        return found == Offset.End ? null : found.Value;
    }

    /// <summary>Continues at an offset of a partition, instead of where it was reading before.</summary>
    public void Start(TopicPartition partition, long offset)
    {
        _consumer.Assign(new TopicPartitionOffset(partition, offset));
        Position = offset;
    }

    /// <summary>
    /// The next committed record. Null at the end of the partition: <see cref="Position"/> is then after the transaction markers before that end, which are not
    /// records. Another call waits for the next record to be appended.
    /// </summary>
    /// <param name="stopping">Cancels the wait.</param>
    /// <param name="timeout">How long to wait for Kafka to answer; 30 seconds if null.</param>
    /// <exception cref="KafkaException">Kafka is unavailable, or did not answer in time.</exception>
    public ConsumeResult<string?, byte[]?>? Next(CancellationToken stopping, TimeSpan? timeout = null)
    {
        var result = _consumer.ConsumeWithin(timeout, stopping);
        Position = result.IsPartitionEOF ? result.Offset.Value : result.Offset.Value + 1;
        return result.IsPartitionEOF ? null : result;
    }

    /// <summary>
    /// Reads until <see cref="Position"/> has reached an offset, and passes on in batches what is collected from the records. The last record may be after that
    /// offset, because there may be no record at the offset itself. Reading runs on its own thread; the batches are applied one after the other.
    /// </summary>
    /// <param name="until">The offset to reach.</param>
    /// <param name="collect">Adds what is needed from a record to the batch; may add nothing.</param>
    /// <param name="apply">Called with each batch, which may be empty, in order.</param>
    /// <param name="stopping">Stops reading between two records.</param>
    /// <exception cref="KafkaException">Kafka is unavailable.</exception>
    public async Task ReadAsync<T>(
        long until, Action<ConsumeResult<string?, byte[]?>, List<T>> collect, Func<IReadOnlyList<T>, Task> apply, CancellationToken stopping)
    {
        while (Position < until) await apply(await BlockingCalls.RunAsync(() => NextBatch(until, collect, stopping)));
    }

    public void Dispose() => _consumer.Dispose();

    private List<T> NextBatch<T>(long until, Action<ConsumeResult<string?, byte[]?>, List<T>> collect, CancellationToken stopping)
    {
        const int BatchSize = 1_000;
        var batch = new List<T>();
        while (batch.Count < BatchSize && Position < until)
        {
            if (Next(stopping) is { } record) collect(record, batch);
        }
        return batch;
    }
}
