using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Log.Producers;

namespace Cdp.LocalKafka.Log.Compaction;

/// <summary>
/// Follows the transactions of a log while the cleaner reads it from the start. It determines which batches were aborted, and which markers must be kept
/// because batches of their transaction remain (Kafka's CleanedTransactionMetadata).
/// </summary>
/// <param name="aborted">All aborted transactions with records in the part that is read.</param>
internal sealed class CleanedTransactions(IEnumerable<AbortedTransaction> aborted)
{
    private readonly Queue<AbortedTransaction> _upcoming = new(aborted.OrderBy(transaction => transaction.FirstOffset));
    private readonly Dictionary<long, Aborted> _aborted = [];
    private readonly HashSet<long> _committed = [];
    private readonly List<AbortedTransaction> _kept = [];

    /// <summary>The aborted transactions of which both batches and marker were read. Their markers are kept.</summary>
    public IReadOnlyList<AbortedTransaction> Kept => _kept;

    /// <summary>Whether a batch of records belongs to an aborted transaction.</summary>
    public bool IsAborted(in BatchHeader header)
    {
        AdvanceTo(header.LastOffset);
        if (!header.IsTransactional) return false;
        if (_aborted.TryGetValue(header.ProducerId, out var transaction))
        {
            transaction.HasBatches = true;
            return true;
        }
        _committed.Add(header.ProducerId);
        return false;
    }

    /// <summary>Whether the transaction that a control batch ends has no batches left, which makes its marker obsolete.</summary>
    public bool IsObsoleteMarker(in BatchHeader header, ReadOnlySpan<byte> batch)
    {
        AdvanceTo(header.LastOffset);
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

    private void AdvanceTo(long offset)
    {
        while (_upcoming.TryPeek(out var next) && next.FirstOffset <= offset)
            _aborted.TryAdd(next.ProducerId, new Aborted { Transaction = _upcoming.Dequeue() });
    }

    private sealed class Aborted
    {
        public required AbortedTransaction Transaction { get; init; }
        public bool HasBatches { get; set; }
    }
}
