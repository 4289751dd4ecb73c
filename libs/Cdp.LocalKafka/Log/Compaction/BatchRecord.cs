namespace Cdp.LocalKafka.Log.Compaction;

/// <summary>One record of a batch v2. Its memory is the unpacked batch's.</summary>
/// <param name="Attributes">No bit of it is defined.</param>
/// <param name="Tail">
/// Offset delta, key, value and headers as they are encoded: what a record keeps in any batch with the same base offset, while its
/// timestamp is written anew as the distance to that batch's base timestamp.
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
