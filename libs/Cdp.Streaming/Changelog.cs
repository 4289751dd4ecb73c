using Avro.Specific;
using Cdp.Contracts;
using Confluent.Kafka;

namespace Cdp.Streaming;

/// <summary>A record of a changelog. A null value is a tombstone.</summary>
public sealed record Change(long Offset, string? Key, ISpecificRecord? Value);

/// <summary>Reads a partition up to where it ends now, to catch hot state up from the log.</summary>
public static class Changelog
{
    private const int BatchSize = 1_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Where the partition ends now: behind everything appended, whether its transaction is committed, aborted or open.</summary>
    /// <exception cref="KafkaException">Kafka is away.</exception>
    public static async Task<long> EndAsync(KafkaOptions kafka, Topic topic, int partition) =>
        (await MarksAsync(kafka, new TopicPartition(kafka.TopicPrefix + topic.Name, partition))).High.Value;

    /// <summary>The first offset that retention has left of the partition.</summary>
    /// <exception cref="KafkaException">Kafka is away.</exception>
    public static async Task<long> StartAsync(KafkaOptions kafka, Topic topic, int partition) =>
        (await MarksAsync(kafka, new TopicPartition(kafka.TopicPrefix + topic.Name, partition))).Low.Value;

    /// <summary>
    /// Hands over the committed records from offset <paramref name="from"/> up to the high watermark as a read-uncommitted query gives it at the call.
    /// It returns only when the reader's position has passed that mark: the markers of a predecessor's last transaction reach each partition at their
    /// own time, and stopping at the last stable offset could miss what they commit. Records are handed over in batches, in order.
    /// </summary>
    /// <returns>The position reached: everything before it has been handed over.</returns>
    /// <exception cref="KafkaException">Kafka is away.</exception>
    /// <exception cref="ForeignStateException"><paramref name="from"/> lies behind the end: the hot state is not of this log, and every conditional write to it would be refused as late.</exception>
    public static async Task<long> ReadAsync(KafkaOptions kafka, AvroCodec codec, Topic topic, int partition, long from, Func<IReadOnlyList<Change>, Task> apply, CancellationToken stopping)
    {
        var config = kafka.Consumer("changelog-reader");
        using var consumer = new ConsumerBuilder<string?, byte[]?>(config).SetKeyDeserializer(Keys.Deserializer).SetLogHandler(KafkaClients.Silence).Build();
        var source = new TopicPartition(kafka.TopicPrefix + topic.Name, partition);
        var marks = await MarksAsync(kafka, source);
        if (from > marks.High.Value)
        {
            throw new ForeignStateException($"the hot state was written up to offset {from - 1} of {source}, which ends at {marks.High.Value}: the topic was made anew, or the Redis is another installation's; delete the keys of the prefix in Redis, and they are rebuilt from the log");
        }
        var position = Math.Max(from, marks.Low.Value);
        if (position >= marks.High.Value) return position;

        consumer.Assign(new TopicPartitionOffset(source, position));
        while (position < marks.High.Value)
        {
            (var batch, position) = await OnThreadAsync(() => Gather(consumer, codec, position, marks.High.Value, stopping));
            await apply(batch);
        }
        return position;
    }

    /// <summary>The record at an offset; null where it is a tombstone, or compaction has removed it.</summary>
    /// <exception cref="KafkaException">Kafka is away.</exception>
    public static async Task<ISpecificRecord?> FindAsync(KafkaOptions kafka, AvroCodec codec, Topic topic, int partition, long offset, CancellationToken stopping)
    {
        using var consumer = new ConsumerBuilder<Ignore, byte[]?>(kafka.Consumer("changelog-reader")).SetLogHandler(KafkaClients.Silence).Build();
        consumer.Assign(new TopicPartitionOffset(kafka.TopicPrefix + topic.Name, partition, offset));
        var result = await OnThreadAsync(() => consumer.Consume(stopping));
        return !result.IsPartitionEOF && result.Offset.Value == offset && result.Message.Value is { } value ? codec.Decode(value) : null;
    }

    /// <summary>The next records up to an end, and the position behind them.</summary>
    private static (IReadOnlyList<Change> Batch, long Position) Gather(IConsumer<string?, byte[]?> consumer, AvroCodec codec, long position, long end, CancellationToken stopping)
    {
        var batch = new List<Change>();
        while (batch.Count < BatchSize && position < end)
        {
            var result = consumer.Consume(stopping);
            // The end of the partition is told with the position behind the markers, which are no records.
            position = result.IsPartitionEOF ? result.Offset.Value : result.Offset.Value + 1;
            if (!result.IsPartitionEOF) batch.Add(new Change(result.Offset.Value, result.Message.Key, result.Message.Value is { } value ? codec.Decode(value) : null));
        }
        return (batch, position);
    }

    private static Task<WatermarkOffsets> MarksAsync(KafkaOptions kafka, TopicPartition source) => OnThreadAsync(() =>
    {
        // A client that reads committed is answered the last stable offset, which lies before what a predecessor left open.
        var config = kafka.Consumer("changelog-reader");
        config.IsolationLevel = IsolationLevel.ReadUncommitted;
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(config).SetLogHandler(KafkaClients.Silence).Build();
        return consumer.QueryWatermarkOffsets(source, Patience);
    });

    // The client's calls block. Many at once would take all threads of the pool, which are few and slow to grow.
    private static Task<T> OnThreadAsync<T>(Func<T> call) => Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
