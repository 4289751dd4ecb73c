namespace Cdp.LocalKafka.Log;

/// <summary>
/// Whether the records of an uncompressed batch are what readers can read, without decoding them: what Kafka's DefaultRecord insists on
/// when LogValidator walks a produced batch. Compressed batches are stored unseen.
/// </summary>
internal static class RecordStructure
{
    /// <summary>Null when the batch holds as many whole records as its head says and nothing else.</summary>
    public static string? Problem(BatchHeader header, ReadOnlySpan<byte> batch)
    {
        try
        {
            var at = batch[BatchHeader.Size..];
            for (var i = 0; i < header.Count; i++)
            {
                var length = Varint.Read(ref at);
                Walk(Take(ref at, length));
            }
            return at.IsEmpty ? null : $"{at.Length} bytes behind the last of {header.Count} records";
        }
        catch (InvalidDataException e)
        {
            return e.Message;
        }
    }

    private static void Walk(ReadOnlySpan<byte> at)
    {
        Take(ref at, 1); // attributes, of which none is in use
        Varint.Read(ref at); // timestamp delta
        Varint.Read(ref at); // offset delta
        Field(ref at, nullable: true); // key
        Field(ref at, nullable: true); // value
        var headers = Varint.Read(ref at);
        if (headers < 0 || headers > at.Length) throw new InvalidDataException($"a record of {headers} headers in {at.Length} bytes");
        for (; headers > 0; headers--)
        {
            Field(ref at, nullable: false);
            Field(ref at, nullable: true);
        }
        if (!at.IsEmpty) throw new InvalidDataException($"a record with {at.Length} bytes behind its headers");
    }

    private static void Field(ref ReadOnlySpan<byte> at, bool nullable)
    {
        var length = Varint.Read(ref at);
        if (!nullable || length >= 0) Take(ref at, length);
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> at, long length)
    {
        if (length < 0 || length > at.Length) throw new InvalidDataException($"a part of a record of {length} bytes in {at.Length}");
        var taken = at[..(int)length];
        at = at[(int)length..];
        return taken;
    }
}
