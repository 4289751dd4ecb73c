using Avro;
using cdp;
using Cdp.Contracts;
using Cdp.DeliveryEngine.Rounds;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Failures;
using Cdp.Streaming.Reading;
using Cdp.Streaming.Schemas;
using Confluent.Kafka;

namespace Cdp.DeliveryEngine;

/// <summary>Reads the retry topic of a destination. The events stay there; the memory holds only where they are.</summary>
/// <param name="kafka">The cluster.</param>
/// <param name="codec">Decodes the records.</param>
/// <param name="topic">The retry topic.</param>
internal sealed class ParkedStore(KafkaOptions kafka, AvroCodec codec, Topic topic) : IDisposable
{
    private readonly RecordLookup _lookup = new(kafka, codec, topic);

    public Topic Topic { get; } = topic;

    /// <summary>Reads which events of a partition wait.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="keepsOrder">Whether a profile is one lane.</param>
    /// <param name="state">Receives the events, in their order.</param>
    /// <param name="stopping">Ends the reading.</param>
    /// <exception cref="KafkaException">Kafka is unavailable.</exception>
    /// <exception cref="AvroException">A record cannot be decoded.</exception>
    public async Task RestoreAsync(int partition, bool keepsOrder, PartitionState state, CancellationToken stopping)
    {
        var waiting = new Dictionary<string, (long Offset, RetriedDelivery Record)>(StringComparer.Ordinal);
        await Changelog.ReadAsync(kafka, codec, Topic, partition, 0, changes =>
        {
            foreach (var change in changes)
            {
                if (change.Value is RetriedDelivery record) waiting[change.Key!] = (change.Offset, WithoutEvent(record));
                else waiting.Remove(change.Key!);
            }
            return Task.CompletedTask;
        }, stopping);
        foreach (var (key, (offset, record)) in waiting.OrderBy(entry => entry.Value.Record.sequence))
            state.Lanes.Add(keepsOrder ? record.profileId : key, DeliveryRecords.EntryOf(record, offset));
    }

    /// <summary>The records of events that wait, by their offsets.</summary>
    /// <exception cref="ForeignStateException">A record is gone: another process wrote to the topic, or somebody deleted records.</exception>
    public async Task<IReadOnlyDictionary<long, RetriedDelivery>> ReadAsync(int partition, IEnumerable<long> offsets, CancellationToken stopping)
    {
        long[] wanted = [.. offsets.Order()];
        var found = await _lookup.FindAsync(partition, wanted, stopping);
        return wanted.ToDictionary(offset => offset, offset => found.GetValueOrDefault(offset) as RetriedDelivery ?? throw new ForeignStateException(
            $"the record at offset {offset} of {kafka.PartitionOf(Topic, partition)} is gone, although its event was not delivered; "
            + "the process stops, and continues after the restart with what the topic holds"));
    }

    public void Dispose() => _lookup.Dispose();

    // Large events must not fill the memory while a long topic is read.
    private static RetriedDelivery WithoutEvent(RetriedDelivery record)
    {
        record.@event = null!;
        return record;
    }
}
