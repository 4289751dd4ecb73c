namespace Cdp.LocalKafka.Log.Compaction;

/// <summary>Decodes the records of a batch v2, compressed or not, and checks that they fill it as its head says (Kafka's DefaultRecord).</summary>
internal static class BatchRecords
{
    /// <param name="batch">The whole batch; it may be gone afterwards, for the records are copied out of it.</param>
    /// <exception cref="InvalidDataException">The records cannot be unpacked, or are not those that the head announces.</exception>
    public static List<BatchRecord> Read(in BatchHeader header, ReadOnlySpan<byte> batch) =>
        Parse(header, Compression.Decompress(header.Codec, batch[BatchHeader.Size..], Compression.MaxRecordsBytes));

    /// <param name="records">What follows the head, unpacked.</param>
    /// <exception cref="InvalidDataException">They are not the records that the head announces.</exception>
    public static List<BatchRecord> Parse(in BatchHeader header, ReadOnlyMemory<byte> records)
    {
        if (header.Count < 0) throw new InvalidDataException($"a batch of {header.Count} records");
        var parsed = new List<BatchRecord>(Math.Min(header.Count, records.Length));
        for (var i = 0; i < header.Count; i++) parsed.Add(Next(header, ref records));
        return records.IsEmpty ? parsed : throw new InvalidDataException($"{records.Length} bytes behind the {header.Count} records of a batch");
    }

    private static BatchRecord Next(in BatchHeader header, ref ReadOnlyMemory<byte> left)
    {
        var length = Number(ref left);
        if (length < 1 || length > left.Length) throw new InvalidDataException($"a record of {length} bytes in {left.Length}");
        var body = left[1..(int)length];
        var attributes = left.Span[0];
        left = left[(int)length..];
        var delta = Number(ref body);
        var tail = body;
        var offset = header.BaseOffset + Number(ref body);
        var record = new BatchRecord(
            offset, header.IsLogAppendTime ? header.MaxTimestamp : header.BaseTimestamp + delta, attributes, Bytes(ref body), Bytes(ref body), tail);
        SkipHeaders(ref body);
        return body.IsEmpty ? record : throw new InvalidDataException($"{body.Length} bytes behind the headers of a record");
    }

    private static void SkipHeaders(ref ReadOnlyMemory<byte> body)
    {
        var count = Number(ref body);
        if (count < 0 || count > body.Length) throw new InvalidDataException($"{count} headers in {body.Length} bytes");
        for (var i = 0; i < count; i++)
        {
            if (Bytes(ref body) is null) throw new InvalidDataException("a header without a key");
            Bytes(ref body);
        }
    }

    private static ReadOnlyMemory<byte>? Bytes(ref ReadOnlyMemory<byte> at)
    {
        var length = Number(ref at);
        if (length < 0) return null;
        if (length > at.Length) throw new InvalidDataException($"a field of {length} bytes in {at.Length}");
        var bytes = at[..(int)length];
        at = at[(int)length..];
        return bytes;
    }

    private static long Number(ref ReadOnlyMemory<byte> at)
    {
        var span = at.Span;
        var number = Varint.Read(ref span);
        at = at[(at.Length - span.Length)..];
        return number;
    }
}
