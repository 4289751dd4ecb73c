using System.Security.Cryptography;
using System.Text;
using Cdp.Chaos.Oracle;
using Cdp.Chaos.Processes;
using Cdp.Chaos.Settings;
using Cdp.Contracts;
using Cdp.Streaming.Clients;
using Confluent.Kafka;

namespace Cdp.Chaos.Faults;

/// <summary>An unreadable record, which each service that reads it must dead-letter exactly once; fan-out once for each destination.</summary>
/// <param name="Origin">Topic, partition and offset, as the dead letter states them.</param>
/// <param name="Reader">The service that reads it.</param>
/// <param name="Copies">The number of dead letters that it must have.</param>
/// <param name="Bytes">The size of its value in bytes.</param>
/// <param name="Sha256">The SHA-256 of its value, in hex.</param>
public sealed record GarbageRecord(string Origin, string Reader, int Copies, int Bytes, string Sha256);

/// <summary>
/// Records that another program with access to the topics wrote by mistake. They have no registry framing, so each reader must write one dead letter per record
/// and carry on.
/// </summary>
public sealed class Garbage(Installation installation, int seed)
{
    private const string Fanout = "fanout";

    private static readonly byte[] Mark = Encoding.ASCII.GetBytes("garbage of the ledger");

    private static readonly (Topic Topic, string[] Readers)[] Targets =
    [
        (Topics.EventsCollected, ["validation"]),
        (Topics.EventsValidated, ["identity"]),
        (Topics.IdentityRequests, ["identity"]),
        .. Switches.WritesGarbageToIdentified ? [(Topics.EventsIdentified, ["profiles", Fanout])] : Array.Empty<(Topic, string[])>(),
        (Topics.DeliveriesRequests, [Fanout]),
    ];

    private readonly Random _random = new(seed);
    private readonly List<GarbageRecord> _written = [];

    /// <summary>Each record that was written, once per reader.</summary>
    public IReadOnlyList<GarbageRecord> Written => _written;

    public static bool IsGarbage(byte[] value) => value.AsSpan().StartsWith(Mark);

    /// <summary>Writes records of every size to every topic.</summary>
    public async Task WriteAsync(CancellationToken stopping)
    {
        using var producer = new ProducerBuilder<byte[], byte[]>(installation.Kafka.Producer()).Build();
        foreach (var (topic, readers) in Targets)
        {
            foreach (var bytes in Sizes())
            {
                var value = new byte[bytes];
                _random.NextBytes(value);
                Mark.CopyTo(value, 0);
                var partition = new TopicPartition(
                    installation.Kafka.TopicPrefix + topic.Name, topic.SinglePartition ? 0 : _random.Next(installation.Kafka.Partitions));
                var written = await producer.ProduceAsync(partition, new Message<byte[], byte[]> { Key = "garbage"u8.ToArray(), Value = value }, stopping);
                var (origin, hash) = (
                    $"{partition.Topic} {partition.Partition.Value}@{written.Offset.Value}", Convert.ToHexStringLower(SHA256.HashData(value)));
                _written.AddRange(readers.Select(
                    reader => new GarbageRecord(origin, reader, reader == Fanout ? DestinationIds.All.Count : 1, bytes, hash)));
            }
        }
    }

    // Small values; values whose dead letter is just below and around the maximum size; one just above it; and about the largest that a client sends.
    private int[] Sizes() =>
    [
        .. Enumerable.Range(0, 5).Select(_ => Mark.Length + _random.Next(2_000)),
        Rules.MaxDeadLetterBytes - 8 * 1_024,
        .. Enumerable.Range(0, 3).Select(_ => Rules.MaxDeadLetterBytes - _random.Next(600)),
        Rules.MaxDeadLetterBytes + 1,
        Rules.MaxDeadLetterBytes + 500_000,
    ];
}
