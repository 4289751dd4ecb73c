namespace Cdp.LocalKafka.Log.Compaction;

/// <summary>Decides what of each batch survives a cleaning (Kafka's Cleaner and MemoryRecords.filterTo; KIP-354, KIP-534). Pure.</summary>
internal sealed class RecordFilter(CleaningJob job, OffsetMap map, CleanedTransactions transactions)
{
    /// <summary>What the log keeps of a batch: the same bytes, a batch with fewer records for the same offsets, or nothing (empty).</summary>
    /// <exception cref="InvalidDataException">The records of the batch cannot be read.</exception>
    public ReadOnlySpan<byte> Retained(in BatchHeader header, ReadOnlySpan<byte> batch)
    {
        var isMarkerOfNothing = header.IsControl && transactions.IsMarkerOfNothing(header, batch);
        var discard = header.IsControl
            ? isMarkerOfNothing && (header.Count == 0 || header.DeleteHorizon <= job.Now)
            : transactions.IsAborted(header);
        if (discard) return WithoutRecords(header, batch);

        var records = BatchRecords.Read(header, batch);
        var retained = header.IsControl ? records : records.FindAll(Survives(header.DeleteHorizon));
        if (retained.Count == 0) return WithoutRecords(header, batch);

        // From now on the batch says itself when its tombstones may go, so a consumer that began before has this long to see them. What the
        // map does not cover yet has not lost its predecessors either, so its time has not come (there Kafka begins too early).
        var waits = header.DeleteHorizon is null && header.LastOffset <= map.LastOffset
            && (isMarkerOfNothing || retained.Exists(record => record.IsTombstone));
        if (retained.Count == records.Count && !waits) return batch;
        return BatchRewrite.With(header, batch, retained, header.Codec, waits ? job.Now + job.DeleteRetentionMs : header.DeleteHorizon);
    }

    private Predicate<BatchRecord> Survives(long? deleteHorizon) => record =>
    {
        if (record.Offset > map.LastOffset) return true; // what the map does not cover
        if (record.Key is null) return false; // from a time before the topic was compacted
        if (record.Offset < map.Find(record.Key.Value.Span)) return false;
        return !record.IsTombstone || deleteHorizon is null || job.Now < deleteHorizon;
    };

    private ReadOnlySpan<byte> WithoutRecords(in BatchHeader header, ReadOnlySpan<byte> batch) =>
        KeepsOffsets(header) || KeepsProducer(header) ? BatchRewrite.Empty(header, batch) : [];

    // The last batch before the upper bound tells how far the log goes.
    private bool KeepsOffsets(in BatchHeader header) => header.LastOffset + 1 == job.UpperBound;

    // A log that is opened anew learns a producer's last sequence from its last batch, or its epoch from its last marker.
    private bool KeepsProducer(in BatchHeader header) =>
        header.HasProducer && job.Producers.TryGetValue(header.ProducerId, out var last)
        && (last.DataOffset is { } offset ? header.LastOffset == offset : header.IsControl && header.ProducerEpoch == last.Epoch);
}
