using Cdp.LocalKafka.Log.Compaction;

namespace Cdp.LocalKafka.Log;

/// <summary>One record of the log, decoded. For control records <see cref="Key"/> and <see cref="Value"/> are KIP-98's marker fields.</summary>
internal readonly record struct LoggedRecord(
    long Offset, long Timestamp, byte[]? Key, byte[]? Value, long ProducerId, short ProducerEpoch, bool IsTransactional, bool IsControl)
{
    /// <summary>Whether a control record commits; false for an abort.</summary>
    public bool IsCommit => IsControl && Key is [_, _, 0, (byte)BatchBuilder.CommitMarker];
}

/// <summary>Decodes the records of the broker's own batches. Never on the way of produced or fetched data.</summary>
internal static class RecordReader
{
    /// <exception cref="InvalidDataException">The records do not fill the batch as its head says.</exception>
    public static List<LoggedRecord> Read(BatchHeader header, ReadOnlySpan<byte> batch) => BatchRecords.Read(header, batch).ConvertAll(record =>
        new LoggedRecord(record.Offset, record.Timestamp, record.Key?.ToArray(), record.Value?.ToArray(),
            header.ProducerId, header.ProducerEpoch, header.IsTransactional, header.IsControl));
}
