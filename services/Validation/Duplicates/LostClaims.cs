using Avro;
using cdp;
using Cdp.Contracts;
using Cdp.Streaming;
using Confluent.Kafka;

namespace Cdp.Validation.Duplicates;

/// <summary>
/// Makes claims again that Redis has lost, by a restart from an older file or altogether: from events.collected, where every record still stands. Without them
/// a message that comes again would count again.
/// </summary>
public sealed class LostClaims(KafkaOptions kafka, AvroCodec codec, Claims claims)
{
    private const int AtOnce = 1_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Sees to it that everything before the first record of each partition is claimed, as far as the window reaches.</summary>
    /// <param name="batch">Records of a partition in the order of their offsets.</param>
    /// <param name="stopping">The service stops.</param>
    /// <exception cref="KafkaException">Kafka is away.</exception>
    public Task RestoreAsync(IEnumerable<Claimant> batch, CancellationToken stopping) =>
        Task.WhenAll(batch.GroupBy(claimant => claimant.Partition).Select(partition => RestoreAsync(partition.First(), stopping)));

    private async Task RestoreAsync(Claimant first, CancellationToken stopping)
    {
        var next = await claims.PositionAsync(first.Partition).WaitAsync(stopping) + 1 ?? 0;
        // The usual case: Redis has what the batch before has claimed.
        if (next >= first.Offset) return;
        using var consumer = new ConsumerBuilder<Ignore, byte[]?>(kafka.Consumer("claims-reader")).SetLogHandler((_, _) => { }).Build();
        var from = await Task.Run(() => Assign(consumer, first, next), stopping);
        for (var position = from; position < first.Offset;)
        {
            var lost = new List<Claimant>();
            await Task.Run(() => position = Read(consumer, first, position, lost, stopping), stopping);
            await claims.ReclaimAsync(lost).WaitAsync(stopping);
        }
    }

    // What is older than the window has nothing to say about this record or a later one.
    private long Assign(IConsumer<Ignore, byte[]?> consumer, Claimant first, long next)
    {
        var source = new TopicPartition(kafka.TopicPrefix + Topics.EventsCollected.Name, first.Partition);
        var oldest = first.Envelope.receivedAt - claims.Window;
        var inWindow = consumer.OffsetsForTimes([new TopicPartitionTimestamp(source, new Timestamp(oldest > DateTime.UnixEpoch ? oldest : DateTime.UnixEpoch))], Patience).Single().Offset;
        var from = inWindow == Offset.End ? first.Offset : Math.Max(next, inWindow.Value);
        consumer.Assign(new TopicPartitionOffset(source, from));
        return from;
    }

    private long Read(IConsumer<Ignore, byte[]?> consumer, Claimant first, long position, List<Claimant> lost, CancellationToken stopping)
    {
        while (position < first.Offset && lost.Count < AtOnce)
        {
            var result = consumer.Consume(stopping);
            // The end is told with the position behind everything.
            position = result.IsPartitionEOF ? result.Offset.Value : result.Offset.Value + 1;
            if (!result.IsPartitionEOF && position <= first.Offset && Decoded(result.Message.Value) is { } collected) lost.Add(new Claimant(first.Partition, result.Offset.Value, collected.envelope));
        }
        return position;
    }

    // What cannot be decoded is dead and has claimed nothing.
    private CollectedEvent? Decoded(byte[]? value)
    {
        try
        {
            return codec.Decode(value ?? []) as CollectedEvent;
        }
        catch (AvroException)
        {
            return null;
        }
    }
}
