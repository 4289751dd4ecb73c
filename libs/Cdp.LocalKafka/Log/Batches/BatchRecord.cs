namespace Cdp.LocalKafka.Log.Batches;

/// <summary>One record of a batch v2. Its memory belongs to the decompressed batch.</summary>
/// <param name="Attributes">The attribute bits of the record. Kafka defines none.</param>
/// <param name="Tail">
/// The encoded offset delta, key, value and headers. These bytes are the same in any batch with the same base offset; only the timestamp has to be
/// encoded again, relative to the new batch's base timestamp.
/// </param>
internal readonly record struct BatchRecord(
    long Offset, long Timestamp, byte Attributes, ReadOnlyMemory<byte>? Key, ReadOnlyMemory<byte>? Value, ReadOnlyMemory<byte> Tail)
{
    public bool IsTombstone => Value is null;

    public int Size(long baseTimestamp)
    {
        var body = BodySize(baseTimestamp);
        return Varint.Size(body) + body;
    }

    public void Write(ref Span<byte> at, long baseTimestamp)
    {
        Varint.Write(ref at, BodySize(baseTimestamp));
        at[0] = Attributes;
        at = at[1..];
        Varint.Write(ref at, Timestamp - baseTimestamp);
        Tail.Span.CopyTo(at);
        at = at[Tail.Length..];
    }

    private int BodySize(long baseTimestamp) => 1 + Varint.Size(Timestamp - baseTimestamp) + Tail.Length;
}
