using Avro;
using Avro.Specific;
using Cdp.Contracts;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Failures;
using Cdp.Streaming.Schemas;
using Confluent.Kafka;

namespace Cdp.Streaming.Reading;

/// <summary>A decoded record of a partition. A null value is a tombstone.</summary>
public sealed record Change(long Offset, string? Key, ISpecificRecord? Value);

/// <summary>Reads a partition up to its current end, to bring hot state up to date with the log.</summary>
public static class Changelog
{
    private const string Group = "changelog-reader";

    /// <summary>The current end of the partition: after everything appended, whether its transaction is committed, aborted or open.</summary>
    /// <exception cref="KafkaException">Kafka is unavailable.</exception>
    public static async Task<long> EndAsync(KafkaOptions kafka, Topic topic, int partition) =>
        (await RangeAsync(kafka, kafka.PartitionOf(topic, partition))).High.Value;

    /// <summary>The first offset of the partition that is retained.</summary>
    /// <exception cref="KafkaException">Kafka is unavailable.</exception>
    public static async Task<long> StartAsync(KafkaOptions kafka, Topic topic, int partition) =>
        (await RangeAsync(kafka, kafka.PartitionOf(topic, partition))).Low.Value;

    /// <summary>
    /// Passes on the committed records, in batches and in order, from an offset up to the end of the partition at the time of the call, open transactions
    /// included. It returns only when the reader has passed that end: the markers of a predecessor's last transaction reach each partition separately, and
    /// stopping at the last stable offset could miss the records that they commit.
    /// </summary>
    /// <param name="kafka">The cluster.</param>
    /// <param name="codec">Decodes the values.</param>
    /// <param name="topic">The topic to read.</param>
    /// <param name="partition">The number of its partition.</param>
    /// <param name="from">The first offset to read. If retention has deleted it, reading begins at the first offset that is retained.</param>
    /// <param name="apply">Called with each batch.</param>
    /// <param name="stopping">Stops reading between two records.</param>
    /// <param name="undecodable">
    /// Called with the offset of each record that cannot be decoded; the record is skipped. If null, such a record ends the read.
    /// </param>
    /// <returns>The offset reached: every committed record before it has been passed on.</returns>
    /// <exception cref="KafkaException">Kafka is unavailable.</exception>
    /// <exception cref="SchemaUnavailableException">The registry does not provide the schema of a record.</exception>
    /// <exception cref="AvroException">A record cannot be decoded; the message names its topic, partition and offset.</exception>
    /// <exception cref="ForeignStateException">
    /// <paramref name="from"/> is after the end of the partition: the hot state belongs to another log, and every conditional write to it would be
    /// refused as outdated.
    /// </exception>
    public static async Task<long> ReadAsync(
        KafkaOptions kafka,
        AvroCodec codec,
        Topic topic,
        int partition,
        long from,
        Func<IReadOnlyList<Change>, Task> apply,
        CancellationToken stopping,
        Action<long, AvroException>? undecodable = null)
    {
        var source = kafka.PartitionOf(topic, partition);
        var range = await RangeAsync(kafka, source);
        if (from > range.High.Value)
        {
            throw new ForeignStateException(
                $"the hot state was written up to offset {from - 1} of {source}, which ends at {range.High.Value}: the topic was recreated, or Redis belongs "
                + "to another installation; delete the keys of the prefix in Redis, and they are rebuilt from the log");
        }
        var start = Math.Max(from, range.Low.Value);
        if (start >= range.High.Value) return start;
        using var reader = new PartitionReader(kafka, Group);
        reader.Start(source, start);
        await reader.ReadAsync<Change>(range.High.Value, Collect, apply, stopping);
        return reader.Position;

        void Collect(ConsumeResult<string?, byte[]?> record, List<Change> batch)
        {
            try
            {
                batch.Add(new Change(record.Offset.Value, record.Message.Key, record.Message.Value is not null ? codec.Decode(record) : null));
            }
            catch (AvroException e) when (undecodable is not null)
            {
                undecodable(record.Offset.Value, e);
            }
            catch (AvroException e)
            {
                throw new AvroException($"the record at offset {record.Offset.Value} of {source} cannot be decoded: {e.Message}", e);
            }
        }
    }

    /// <summary>The record at an offset; null if it is a tombstone, or if compaction has removed it.</summary>
    /// <exception cref="KafkaException">Kafka is unavailable.</exception>
    public static async Task<ISpecificRecord?> FindAsync(
        KafkaOptions kafka, AvroCodec codec, Topic topic, int partition, long offset, CancellationToken stopping)
    {
        using var reader = new PartitionReader(kafka, Group);
        reader.Start(kafka.PartitionOf(topic, partition), offset);
        var record = await BlockingCalls.RunAsync(() => reader.Next(stopping));
        return record?.Offset.Value == offset && record.Message.Value is not null ? codec.Decode(record) : null;
    }

    private static Task<WatermarkOffsets> RangeAsync(KafkaOptions kafka, TopicPartition source) => BlockingCalls.RunAsync(() =>
    {
        using var ends = new PartitionEnds(kafka);
        return ends.Range(source);
    });
}
