namespace Cdp.LocalKafka.Log;

/// <summary>
/// The transactions of one partition: the open ones, which hold back the last stable offset, and the aborted ones, which a
/// read_committed consumer must skip (KIP-98). Not thread-safe: its log's lock guards it.
/// </summary>
internal sealed class TransactionIndex
{
    private readonly SortedDictionary<long, long> _openByStart = [];
    private readonly List<AbortedTransaction> _aborted = []; // by LastOffset, the order of their markers

    /// <summary>First offset of the oldest open transaction, or null.</summary>
    public long? FirstOpen
    {
        get
        {
            foreach (var start in _openByStart.Keys) return start;
            return null;
        }
    }

    /// <summary>All that are aborted, in the order of their markers.</summary>
    public IReadOnlyList<AbortedTransaction> Aborted => _aborted;

    public void Open(long producerId, long start) => _openByStart.TryAdd(start, producerId);

    public void Close(long producerId, long start, long markerOffset, bool commit)
    {
        _openByStart.Remove(start);
        if (!commit) _aborted.Add(new AbortedTransaction(producerId, start, markerOffset, FirstOpen ?? markerOffset + 1));
    }

    /// <summary>Takes over the aborted transactions of a checkpoint.</summary>
    public void Restore(IEnumerable<AbortedTransaction> aborted) => _aborted.AddRange(aborted);

    /// <summary>Forgets the aborted transactions whose markers lie before <paramref name="offset"/>: nobody can read their records any more.</summary>
    public void ForgetBefore(long offset) => _aborted.RemoveRange(0, FirstEndingAtOrAfter(offset));

    /// <summary>
    /// Forgets the aborted transactions whose markers lie before <paramref name="until"/>, but for those that a cleaning has <paramref name="kept"/>: a
    /// consumer that is told of one waits for its marker.
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
            if (_aborted[i].StableOffset >= until) break; // everything later began after this was stable
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

/// <summary>An aborted transaction's records lie in [<paramref name="FirstOffset"/>, <paramref name="LastOffset"/>], the marker last.</summary>
/// <param name="StableOffset">The partition's last stable offset right after this abort.</param>
internal readonly record struct AbortedTransaction(long ProducerId, long FirstOffset, long LastOffset, long StableOffset);
