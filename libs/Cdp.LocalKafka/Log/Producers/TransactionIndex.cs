namespace Cdp.LocalKafka.Log.Producers;

/// <summary>
/// The transactions of one partition: the open ones, which hold back the last stable offset, and the aborted ones, whose records read_committed
/// consumers must skip (KIP-98). Not thread-safe: guarded by its log's lock.
/// </summary>
internal sealed class TransactionIndex
{
    private readonly SortedDictionary<long, long> _openByStart = [];
    private readonly List<AbortedTransaction> _aborted = []; // by LastOffset, the order of their markers

    /// <summary>The first offset of the oldest open transaction, or null.</summary>
    public long? FirstOpen
    {
        get
        {
            foreach (var start in _openByStart.Keys) return start;
            return null;
        }
    }

    /// <summary>The aborted transactions in the order of their markers.</summary>
    public IReadOnlyList<AbortedTransaction> Aborted => _aborted;

    public void Open(long producerId, long start) => _openByStart.TryAdd(start, producerId);

    public void Close(long producerId, long start, long markerOffset, bool commit)
    {
        _openByStart.Remove(start);
        if (!commit) _aborted.Add(new AbortedTransaction(producerId, start, markerOffset, FirstOpen ?? markerOffset + 1));
    }

    /// <summary>Restores the aborted transactions of a checkpoint.</summary>
    public void Restore(IEnumerable<AbortedTransaction> aborted) => _aborted.AddRange(aborted);

    /// <summary>Forgets the aborted transactions with a marker before <paramref name="offset"/>. Their records can no longer be read.</summary>
    public void ForgetBefore(long offset) => _aborted.RemoveRange(0, FirstEndingAtOrAfter(offset));

    /// <summary>
    /// Forgets the aborted transactions with a marker before <paramref name="until"/>, except those that a cleaning has <paramref name="kept"/>. A
    /// consumer that is told of an aborted transaction waits for its marker.
    /// </summary>
    public void ForgetCleaned(long until, IEnumerable<AbortedTransaction> kept)
    {
        var ends = kept.Select(transaction => transaction.LastOffset).ToHashSet();
        _aborted.RemoveAll(transaction => transaction.LastOffset < until && !ends.Contains(transaction.LastOffset));
    }

    public void Clear()
    {
        _openByStart.Clear();
        _aborted.Clear();
    }

    /// <summary>The aborted transactions with records in [<paramref name="from"/>, <paramref name="until"/>).</summary>
    public List<AbortedTransaction> AbortedIn(long from, long until)
    {
        var overlapping = new List<AbortedTransaction>();
        for (var i = FirstEndingAtOrAfter(from); i < _aborted.Count; i++)
        {
            if (_aborted[i].FirstOffset < until) overlapping.Add(_aborted[i]);
            if (_aborted[i].StableOffset >= until) break; // all later ones began after this offset was stable
        }
        return overlapping;
    }

    private int FirstEndingAtOrAfter(long offset)
    {
        var (low, high) = (0, _aborted.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_aborted[middle].LastOffset < offset) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}

/// <summary>
/// An aborted transaction. Its records are in [<paramref name="FirstOffset"/>, <paramref name="LastOffset"/>], and its marker is the last of them.
/// </summary>
/// <param name="StableOffset">The last stable offset of the partition right after this abort.</param>
internal readonly record struct AbortedTransaction(long ProducerId, long FirstOffset, long LastOffset, long StableOffset);
