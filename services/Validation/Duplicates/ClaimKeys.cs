using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using cdp;

namespace Cdp.Validation.Duplicates;

/// <summary>Where the claim on an event's messageId is stored.</summary>
/// <param name="Slot">The slot of the event's receivedAt.</param>
/// <param name="Bucket">The bucket in the slot.</param>
/// <param name="Field">The claim's field in the bucket's hash: 12 bytes of a hash of source and messageId.</param>
public readonly record struct ClaimKey(long Slot, ushort Bucket, byte[] Field);

/// <summary>
/// Stores claims compactly in many small hashes, which Redis keeps as packed lists with about 25 bytes per entry. Separate keys would take about 100 bytes
/// each. The slot is computed from the record, not from the clock, so that a record that is read again finds its own claim.
/// </summary>
/// <param name="prefix">The prefix of all keys of the installation.</param>
/// <param name="window">The length of a slot.</param>
/// <param name="log">
/// Names the log whose offsets are in the claims; may be empty. When the topic is recreated, its offsets start over, and claims on the previous one must
/// not count.
/// </param>
public sealed class ClaimKeys(string prefix, TimeSpan window, string log)
{
    /// <summary>
    /// Two bytes of the hash choose the bucket. Redis packs hashes of up to 128 fields, so there is room for 8 million messages in a partition and slot.
    /// With more, a claim takes more memory.
    /// </summary>
    private const int BucketBytes = 2;

    private const int FieldBytes = 12;

    /// <summary>The slot of a receivedAt. A slot is as long as the window.</summary>
    public long SlotOf(DateTime receivedAt) => receivedAt.Ticks / window.Ticks;

    /// <summary>The start of a slot, but not before 1970, because Kafka timestamps begin there.</summary>
    public DateTime StartOf(long slot) => slot <= SlotOf(DateTime.UnixEpoch) ? DateTime.UnixEpoch : new DateTime(slot * window.Ticks, DateTimeKind.Utc);

    /// <summary>The key of an event's claim. The source is part of it, because messageIds of different senders are unrelated.</summary>
    public ClaimKey For(Event envelope)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{envelope.sourceId}\0{envelope.messageId}"), hash);
        var bucket = BinaryPrimitives.ReadUInt16BigEndian(hash[..BucketBytes]);
        return new ClaimKey(SlotOf(envelope.receivedAt), bucket, hash.Slice(BucketBytes, FieldBytes).ToArray());
    }

    // The braces are Redis Cluster's hash tag: all keys of a partition live on one node, and one connection keeps the order of commands on them.

    /// <summary>Hash: the claims of one bucket, each a field with an offset.</summary>
    public string Bucket(int partition, long slot, ushort bucket) => FormattableString.Invariant($"{prefix}claims:{{p{partition}}}:{log}:{slot}:{bucket:x4}");

    /// <summary>All buckets that a slot may have.</summary>
    public IEnumerable<string> Buckets(int partition, long slot) =>
        Enumerable.Range(0, 1 << (8 * BucketBytes)).Select(bucket => Bucket(partition, slot, (ushort)bucket));

    /// <summary>Set: the <see cref="ClaimState"/>. If it has two members, two writers disagreed, and neither member can be trusted.</summary>
    public string State(int partition) => FormattableString.Invariant($"{prefix}claims-states:{{p{partition}}}:{log}");

    /// <summary>String: the generation of the state in which the slot's claims are complete. It expires before any of the claims does.</summary>
    public string Marker(int partition, long slot) => FormattableString.Invariant($"{prefix}claims-slot:{{p{partition}}}:{log}:{slot}");
}
