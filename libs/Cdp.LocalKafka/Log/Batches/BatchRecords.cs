namespace Cdp.LocalKafka.Log.Batches;

/// <summary>
/// Decodes the records of a batch v2, compressed or not, and checks that they fill the batch as its header says (Kafka's DefaultRecord).
/// </summary>
internal static class BatchRecords
{
    /// <param name="header">The header of the batch.</param>
    /// <param name="batch">The whole batch. The records are copied, so it need not live longer than this call.</param>
    /// <exception cref="InvalidDataException">The records cannot be decompressed, or do not match the header.</exception>
    public static List<BatchRecord> Read(in BatchHeader header, ReadOnlySpan<byte> batch) =>
        Parse(header, Compression.Decompress(header.Codec, batch[BatchHeader.Size..], Compression.MaxRecordsBytes));

    /// <param name="header">The header of the batch.</param>
    /// <param name="records">The decompressed bytes after the header.</param>
    /// <exception cref="InvalidDataException">The records do not match the header.</exception>
    public static List<BatchRecord> Parse(in BatchHeader header, ReadOnlyMemory<byte> records)
    {
        if (header.Count < 0) throw new InvalidDataException($"the batch header has a record count of {header.Count}");
        var parsed = new List<BatchRecord>(Math.Min(header.Count, records.Length));
        for (var i = 0; i < header.Count; i++) parsed.Add(Next(header, ref records));
        return records.IsEmpty ? parsed : throw new InvalidDataException($"{records.Length} bytes follow the {header.Count} records of the batch");
    }

    private static BatchRecord Next(in BatchHeader header, ref ReadOnlyMemory<byte> left)
    {
        var length = Number(ref left);
        if (length < 1 || length > left.Length) throw new InvalidDataException($"a record length of {length} bytes, but only {left.Length} bytes are left");
        var body = left[1..(int)length];
        var attributes = left.Span[0];
        left = left[(int)length..];
        var delta = Number(ref body);
        var tail = body;
        var offset = header.BaseOffset + Number(ref body);
        var record = new BatchRecord(
            offset, header.IsLogAppendTime ? header.MaxTimestamp : header.BaseTimestamp + delta, attributes, Bytes(ref body), Bytes(ref body), tail);
        SkipHeaders(ref body);
        return body.IsEmpty ? record : throw new InvalidDataException($"{body.Length} bytes follow the headers of a record");
    }

    private static void SkipHeaders(ref ReadOnlyMemory<byte> body)
    {
        var count = Number(ref body);
        if (count < 0 || count > body.Length) throw new InvalidDataException($"a record with {count} headers, but only {body.Length} bytes are left");
        for (var i = 0; i < count; i++)
        {
            if (Bytes(ref body) is null) throw new InvalidDataException("a record header without a key");
            Bytes(ref body);
        }
    }

    private static ReadOnlyMemory<byte>? Bytes(ref ReadOnlyMemory<byte> at)
    {
        var length = Number(ref at);
        if (length < 0) return null;
        if (length > at.Length) throw new InvalidDataException($"a record field of {length} bytes, but only {at.Length} bytes are left");
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
