using cdp;
using Cdp.Contracts;
using Cdp.Streaming.Admin;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Reading;
using Cdp.Streaming.Schemas;
using Confluent.Kafka;

namespace Cdp.Validation.Duplicates;

/// <summary>Reads events.collected again, to restore claims from its records.</summary>
public sealed class CollectedLog(KafkaOptions kafka, AvroCodec codec)
{
    private const string Group = "claims-reader";

    // How many of the topic id's random hexadecimal digits are used, because the id is part of every key.
    private const int IdLength = 8;

    /// <summary>By how much a record's Kafka timestamp may be earlier than its receivedAt.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The log's id, which changes when the topic is recreated. Empty if the cluster has no topic ids (Kafka before 2.8).
    /// </summary>
    /// <exception cref="KafkaException">Kafka is unavailable.</exception>
    public async Task<string> IdAsync() => (await TopicAdmin.FindIdAsync(kafka, Topics.EventsCollected))?[..IdLength] ?? "";

    /// <summary>
    /// An offset before which there is no record received at <paramref name="receivedAt"/> or later, and whether retention may have removed some of these
    /// records. Ingestion produces a record after it receives it, so the record's timestamp is the later of the two.
    /// </summary>
    /// <exception cref="KafkaException">Kafka is unavailable.</exception>
    public Task<(long Offset, bool IsTruncated)> OffsetAtAsync(int partition, DateTime receivedAt) => BlockingCalls.RunAsync(() =>
    {
        using var reader = new PartitionReader(kafka, Group);
        var source = kafka.PartitionOf(Topics.EventsCollected, partition);
        var oldest = receivedAt - DateTime.UnixEpoch > ClockTolerance ? receivedAt - ClockTolerance : DateTime.UnixEpoch;
        var range = reader.Range(source);
        var offset = reader.OffsetAt(source, oldest) is { } found ? Math.Max(found, range.Low.Value) : range.High.Value;
        return (offset, range.Low.Value > 0 && offset <= range.Low.Value);
    });

    /// <summary>
    /// Passes the committed records from one offset up to, but not including, another to <paramref name="apply"/>, in batches and in order. A record that
    /// cannot be decoded went to the dead topic and has claimed nothing.
    /// </summary>
    /// <exception cref="KafkaException">Kafka is unavailable.</exception>
    public async Task ReadAsync(int partition, long from, long until, Func<IReadOnlyList<Claimant>, Task> apply, CancellationToken stopping)
    {
        if (from >= until) return;
        using var reader = new PartitionReader(kafka, Group);
        reader.Start(kafka.PartitionOf(Topics.EventsCollected, partition), from);
        await reader.ReadAsync<Claimant>(until, Collect, apply, stopping);

        void Collect(ConsumeResult<string?, byte[]?> record, List<Claimant> batch)
        {
            if (record.Offset.Value >= until || codec.DecodeOrNull<CollectedEvent>(record) is not { } collected) return;
            batch.Add(new Claimant(partition, record.Offset.Value, collected.envelope));
        }
    }
}
