using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using cdp;

namespace Cdp.Validation.Duplicates;

/// <summary>Where the claim on an event's messageId is kept.</summary>
/// <param name="Current">The hash that the claim is written to.</param>
/// <param name="Previous">The hash of the window before, where an earlier occurrence may have written it.</param>
/// <param name="Field">The claim's field: 12 bytes of hash.</param>
public readonly record struct ClaimKey(string Current, string Previous, byte[] Field);

/// <summary>
/// Claims in compact form: many small hashes, which Redis keeps as packed lists of about 25 bytes an entry, instead of one key of about 100 bytes each.
/// The slot is taken from the record, not from the clock, so that a record read again finds its own claim.
/// </summary>
public sealed class ClaimKeys(string prefix, TimeSpan window)
{
    /// <summary>
    /// Two bytes of the hash choose the bucket. Redis packs hashes of up to 128 fields: 8 million messages a partition and window; beyond that a claim takes more memory, no more.
    /// </summary>
    private const int BucketBytes = 2;

    private const int FieldBytes = 12;

    /// <summary>The source is part of the identity: another sender's messageId means nothing to this one.</summary>
    public ClaimKey For(int partition, Event envelope)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{envelope.sourceId}\0{envelope.messageId}"), hash);
        var slot = envelope.receivedAt.Ticks / window.Ticks;
        var bucket = BinaryPrimitives.ReadUInt16BigEndian(hash[..BucketBytes]);
        return new ClaimKey(Bucket(partition, slot, bucket), Bucket(partition, slot - 1, bucket), hash.Slice(BucketBytes, FieldBytes).ToArray());
    }

    /// <summary>String: the offset of events.collected up to and including which this partition's claims are in Redis.</summary>
    public string Position(int partition) => FormattableString.Invariant($"{prefix}claims-position:{{p{partition}}}");

    // The braces are Redis Cluster's hash tag: the claims of a partition live in one place, whose connection keeps their order.
    private string Bucket(int partition, long slot, ushort bucket) => FormattableString.Invariant($"{prefix}claims:{{p{partition}}}:{slot}:{bucket:x4}");
}
