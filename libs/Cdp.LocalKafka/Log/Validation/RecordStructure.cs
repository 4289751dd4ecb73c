using Cdp.LocalKafka.Log.Batches;

namespace Cdp.LocalKafka.Log.Validation;

/// <summary>
/// Checks that readers can read the records of an uncompressed batch, without decoding them. These are the checks that Kafka's DefaultRecord makes
/// when LogValidator reads a produced batch. Compressed batches are stored unchecked.
/// </summary>
internal static class RecordStructure
{
    /// <summary>Returns null if the batch contains exactly as many complete records as its header says, else what is wrong.</summary>
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
            return at.IsEmpty ? null : $"{at.Length} bytes follow the last of {header.Count} records";
        }
        catch (InvalidDataException e)
        {
            return e.Message;
        }
    }

    private static void Walk(ReadOnlySpan<byte> at)
    {
        Take(ref at, 1); // attributes: none are defined
        Varint.Read(ref at); // timestamp delta
        Varint.Read(ref at); // offset delta
        Field(ref at, nullable: true); // key
        Field(ref at, nullable: true); // value
        var headers = Varint.Read(ref at);
        if (headers < 0 || headers > at.Length) throw new InvalidDataException($"a record with {headers} headers, but only {at.Length} bytes are left");
        for (; headers > 0; headers--)
        {
            Field(ref at, nullable: false);
            Field(ref at, nullable: true);
        }
        if (!at.IsEmpty) throw new InvalidDataException($"{at.Length} bytes follow the headers of a record");
    }

    private static void Field(ref ReadOnlySpan<byte> at, bool nullable)
    {
        var length = Varint.Read(ref at);
        if (!nullable || length >= 0) Take(ref at, length);
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> at, long length)
    {
        if (length < 0 || length > at.Length) throw new InvalidDataException($"a record part of {length} bytes, but only {at.Length} bytes are left");
        var taken = at[..(int)length];
        at = at[(int)length..];
        return taken;
    }
}
