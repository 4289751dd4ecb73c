namespace Cdp.LocalKafka.Tests.Model;

/// <summary>The offsets of one group, as a list of all commits: among the valid ones, the last one written wins.</summary>
internal sealed class ModelOffsets
{
    private readonly List<Entry> _entries = [];

    /// <param name="pid">-1 outside transactions.</param>
    public void Commit(int partition, long offset, long pid) => _entries.Add(new Entry(partition, offset, pid) { Counts = pid < 0 ? true : null });

    public void EndTransaction(long pid, bool commit)
    {
        foreach (var entry in _entries) if (entry.Pid == pid) entry.Counts ??= commit;
    }

    /// <summary>-1 when there is none.</summary>
    public long Committed(int partition) => _entries.FindLast(entry => entry.Partition == partition && entry.Counts == true)?.Offset ?? -1;

    /// <summary>Whether an open transaction has committed an offset for the partition (KIP-447).</summary>
    public bool IsPending(int partition) => _entries.Exists(entry => entry.Partition == partition && entry.Counts is null);

    private sealed record Entry(int Partition, long Offset, long Pid)
    {
        public bool? Counts { get; set; }
    }
}
