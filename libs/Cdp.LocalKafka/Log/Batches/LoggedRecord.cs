namespace Cdp.LocalKafka.Log.Batches;

/// <summary>One decoded record of the log. In control records, <see cref="Key"/> and <see cref="Value"/> are the marker fields of KIP-98.</summary>
internal readonly record struct LoggedRecord(
    long Offset, long Timestamp, byte[]? Key, byte[]? Value, long ProducerId, short ProducerEpoch, bool IsTransactional, bool IsControl)
{
    /// <summary>Whether this control record is a commit. False for an abort.</summary>
    public bool IsCommit => IsControl && Key is [_, _, 0, (byte)BatchBuilder.CommitMarker];
}

/// <summary>Decodes the records of the broker's own batches. Not used for produced or fetched data.</summary>
internal static class RecordReader
{
    /// <exception cref="InvalidDataException">The records do not match the header.</exception>
    public static List<LoggedRecord> Read(BatchHeader header, ReadOnlySpan<byte> batch) => BatchRecords.Read(header, batch).ConvertAll(record =>
        new LoggedRecord(record.Offset, record.Timestamp, record.Key?.ToArray(), record.Value?.ToArray(),
            header.ProducerId, header.ProducerEpoch, header.IsTransactional, header.IsControl));
}
