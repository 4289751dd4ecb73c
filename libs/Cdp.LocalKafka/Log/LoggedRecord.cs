namespace Cdp.LocalKafka.Log;

/// <summary>One record of the log, decoded. For control records <see cref="Key"/> and <see cref="Value"/> are KIP-98's marker fields.</summary>
internal readonly record struct LoggedRecord(
    long Offset, long Timestamp, byte[]? Key, byte[]? Value, long ProducerId, short ProducerEpoch, bool IsTransactional, bool IsControl)
{
    /// <summary>Whether a control record commits; false for an abort.</summary>
    public bool IsCommit => IsControl && Key is [_, _, 0, (byte)BatchBuilder.CommitMarker];
}

/// <summary>Decodes the records of an uncompressed batch. Never on the way of produced or fetched data.</summary>
internal static class RecordReader
{
    /// <exception cref="InvalidDataException">The records do not fill the batch as its head says.</exception>
    public static List<LoggedRecord> Read(BatchHeader header, ReadOnlySpan<byte> batch)
    {
        var records = new List<LoggedRecord>(Math.Min(header.Count, batch.Length));
        var at = batch[BatchHeader.Size..];
        for (var i = 0; i < header.Count; i++)
        {
            var length = Varint.Read(ref at);
            if (length < 1 || length > at.Length) throw new InvalidDataException($"a record of {length} bytes in {at.Length}");
            var record = at[1..(int)length];
            at = at[(int)length..];
            var timestamp = header.IsLogAppendTime ? header.MaxTimestamp : header.BaseTimestamp;
            var delta = Varint.Read(ref record);
            if (!header.IsLogAppendTime) timestamp += delta;
            var offset = header.BaseOffset + Varint.Read(ref record);
            records.Add(new LoggedRecord(
                offset, timestamp, Bytes(ref record), Bytes(ref record), header.ProducerId, header.ProducerEpoch, header.IsTransactional, header.IsControl));
        }
        return records;
    }

    private static byte[]? Bytes(ref ReadOnlySpan<byte> at)
    {
        var length = Varint.Read(ref at);
        if (length < 0) return null;
        if (length > at.Length) throw new InvalidDataException($"a field of {length} bytes in {at.Length}");
        var bytes = at[..(int)length].ToArray();
        at = at[(int)length..];
        return bytes;
    }
}
