using Cdp.LocalKafka.Log.Batches;

namespace Cdp.LocalKafka.Log.Compaction;

/// <summary>Decides which parts of each batch survive a cleaning (Kafka's Cleaner and MemoryRecords.filterTo; KIP-354, KIP-534). Pure.</summary>
internal sealed class RecordFilter(CleaningJob job, OffsetMap map, CleanedTransactions transactions)
{
    /// <summary>Decides what the log keeps of a batch: the same bytes, a batch with fewer records for the same offsets, or nothing (empty).</summary>
    /// <exception cref="InvalidDataException">The records of the batch cannot be read.</exception>
    public ReadOnlySpan<byte> Retained(in BatchHeader header, ReadOnlySpan<byte> batch)
    {
        var isObsoleteMarker = header.IsControl && transactions.IsObsoleteMarker(header, batch);
        var discard = header.IsControl
            ? isObsoleteMarker && (header.Count == 0 || header.DeleteHorizon <= job.Now)
            : transactions.IsAborted(header);
        if (discard) return WithoutRecords(header, batch);

        var records = BatchRecords.Read(header, batch);
        var retained = header.IsControl ? records : records.FindAll(Survives(header.DeleteHorizon));
        if (retained.Count == 0) return WithoutRecords(header, batch);

        // The first cleaning that sees a tombstone stores the time of its removal in the batch, so that a consumer that started before then has
        // delete.retention.ms to see it. Superseded records of keys that the map does not cover yet are still in the log, so their tombstones
        // get no such time yet. (Kafka sets it too early in this case.)
        var setHorizon = header.DeleteHorizon is null && header.LastOffset <= map.LastOffset
            && (isObsoleteMarker || retained.Exists(record => record.IsTombstone));
        if (retained.Count == records.Count && !setHorizon) return batch;
        return BatchRewrite.With(header, batch, retained, header.Codec, setHorizon ? job.Now + job.DeleteRetentionMs : header.DeleteHorizon);
    }

    private Predicate<BatchRecord> Survives(long? deleteHorizon) => record =>
    {
        if (record.Offset > map.LastOffset) return true; // not covered by the map
        if (record.Key is null) return false; // appended before the topic was compacted
        if (record.Offset < map.Find(record.Key.Value.Span)) return false;
        return !record.IsTombstone || deleteHorizon is null || job.Now < deleteHorizon;
    };

    private ReadOnlySpan<byte> WithoutRecords(in BatchHeader header, ReadOnlySpan<byte> batch) =>
        KeepsOffsets(header) || KeepsProducer(header) ? BatchRewrite.Empty(header, batch) : [];

    // The last batch before the upper bound shows how far the log reaches.
    private bool KeepsOffsets(in BatchHeader header) => header.LastOffset + 1 == job.UpperBound;

    // When the log is reopened, a producer's last sequence is recovered from its last batch, or its epoch from its last marker.
    private bool KeepsProducer(in BatchHeader header) =>
        header.HasProducer && job.Producers.TryGetValue(header.ProducerId, out var last)
        && (last.DataOffset is { } offset ? header.LastOffset == offset : header.IsControl && header.ProducerEpoch == last.Epoch);
}
