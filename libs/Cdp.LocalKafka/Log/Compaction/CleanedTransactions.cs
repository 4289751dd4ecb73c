namespace Cdp.LocalKafka.Log.Compaction;

/// <summary>
/// Follows the transactions of a log while the cleaner reads it from its start: tells which batches were aborted, and keeps each marker
/// until nothing of its transaction is left (Kafka's CleanedTransactionMetadata).
/// </summary>
/// <param name="aborted">All that were aborted with records in the part that is read.</param>
internal sealed class CleanedTransactions(IEnumerable<AbortedTransaction> aborted)
{
    private readonly Queue<AbortedTransaction> _toCome = new(aborted.OrderBy(transaction => transaction.FirstOffset));
    private readonly Dictionary<long, Aborted> _aborted = [];
    private readonly HashSet<long> _committed = [];
    private readonly List<AbortedTransaction> _kept = [];

    /// <summary>The aborted transactions whose batches and markers were both read, so that the markers stay.</summary>
    public IReadOnlyList<AbortedTransaction> Kept => _kept;

    /// <summary>Whether the batch, one of records, belongs to an aborted transaction.</summary>
    public bool IsAborted(in BatchHeader header)
    {
        Reach(header.LastOffset);
        if (!header.IsTransactional) return false;
        if (_aborted.TryGetValue(header.ProducerId, out var transaction))
        {
            transaction.HasBatches = true;
            return true;
        }
        _committed.Add(header.ProducerId);
        return false;
    }

    /// <summary>Whether nothing was read of the transaction that a control batch ends, so that its marker is of no use any more.</summary>
    public bool IsMarkerOfNothing(in BatchHeader header, ReadOnlySpan<byte> batch)
    {
        Reach(header.LastOffset);
        return RecordReader.Read(header, batch) switch
        {
            [] => true, // emptied by an earlier cleaning
            [{ Key: [_, _, 0, (byte)BatchBuilder.CommitMarker] }, ..] => !_committed.Remove(header.ProducerId),
            [{ Key: [_, _, 0, (byte)BatchBuilder.AbortMarker] }, ..] => !EndsAborted(header.ProducerId),
            _ => false,
        };
    }

    private bool EndsAborted(long producerId)
    {
        if (!_aborted.Remove(producerId, out var transaction) || !transaction.HasBatches) return false;
        _kept.Add(transaction.Transaction);
        return true;
    }

    private void Reach(long offset)
    {
        while (_toCome.TryPeek(out var next) && next.FirstOffset <= offset)
            _aborted.TryAdd(next.ProducerId, new Aborted { Transaction = _toCome.Dequeue() });
    }

    private sealed class Aborted
    {
        public required AbortedTransaction Transaction { get; init; }
        public bool HasBatches { get; set; }
    }
}
