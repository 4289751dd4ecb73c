using cdp;
using Cdp.Contracts;
using Cdp.DeliveryEngine.Observability;
using Cdp.DeliveryEngine.Parking;
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
/// <param name="log">The log.</param>
internal sealed class ParkedStore(KafkaOptions kafka, AvroCodec codec, Topic topic, DeliveryLog log) : IDisposable
{
    private const int MaxBytes = 16 * 1024 * 1024;

    private readonly RecordLookup _lookup = new(kafka, codec, topic);

    public Topic Topic { get; } = topic;

    /// <summary>
    /// Reads which events of a partition wait. A record that cannot be decoded was not written by this service: it is reported and skipped.
    /// </summary>
    /// <param name="partition">The partition.</param>
    /// <param name="keepsOrder">Whether a profile is one lane.</param>
    /// <param name="stopping">Ends the reading.</param>
    /// <exception cref="KafkaException">Kafka is unavailable.</exception>
    public async Task<ParkedLanes> RestoreAsync(int partition, bool keepsOrder, CancellationToken stopping)
    {
        var waiting = new Dictionary<string, (long Offset, RetriedDelivery Record)>(StringComparer.Ordinal);
        await Changelog.ReadAsync(
            kafka,
            codec,
            Topic,
            partition,
            0,
            changes =>
            {
                foreach (var change in changes.Where(change => change.Key is not null))
                {
                    if (change.Value is RetriedDelivery record) waiting[change.Key!] = (change.Offset, WithoutEvent(record));
                    else waiting.Remove(change.Key!);
                }
                return Task.CompletedTask;
            },
            stopping,
            (offset, exception) => log.Undecodable(kafka.PartitionOf(Topic, partition), offset, exception.Message));
        var lanes = new ParkedLanes();
        foreach (var (key, (offset, record)) in waiting.OrderBy(entry => entry.Value.Record.sequence))
            lanes.Add(keepsOrder ? record.profileId : key, DeliveryRecords.EntryOf(record, offset));
        return lanes;
    }

    /// <summary>The records of events that wait, by their offsets, up to a number of bytes.</summary>
    /// <exception cref="ForeignStateException">A record is gone: another process wrote to the topic, or somebody deleted records.</exception>
    public async Task<IReadOnlyDictionary<long, (RetriedDelivery Record, string? TraceParent)>> ReadAsync(
        int partition, IEnumerable<long> offsets, CancellationToken stopping)
    {
        long[] wanted = [.. offsets.Order()];
        var found = await _lookup.FindAsync(partition, wanted, MaxBytes, stopping);
        return wanted.Where(offset => offset <= found.Reached).ToDictionary(offset => offset, offset =>
            found.Records.TryGetValue(offset, out var at) && at.Record is RetriedDelivery record
                ? (record, at.TraceParent)
                : throw new ForeignStateException(
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
