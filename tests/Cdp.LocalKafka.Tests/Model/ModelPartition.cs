using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Tests.Model;

/// <summary>
/// The content of a partition and what consumers may see of it, as KIP-98 defines it. It is one list; everything else is computed from the list each time, so
/// nothing can become inconsistent.
/// </summary>
internal sealed class ModelPartition
{
    private const int RememberedBatches = 5;
    private readonly List<Batch> _batches = [];
    private readonly Dictionary<long, (short Epoch, int Sequence)> _lowestAttempts = [];
    private int _beforeCrash;

    public long End => _batches.Count == 0 ? 0 : _batches[^1].Base + _batches[^1].Count;

    /// <summary>The first offset of the oldest open transaction, or the end.</summary>
    public long LastStable => _batches.Find(IsOpen)?.Base ?? End;

    public bool HasOpen(long pid) => _batches.Exists(batch => batch.Pid == pid && IsOpen(batch));

    /// <summary>The records that a consumer sees from an offset on.</summary>
    public IEnumerable<(long Offset, string Value)> Visible(long from, bool committed) =>
        from batch in _batches
        where batch.Commits is null && (!committed || (batch.Base < LastStable && IsCommitted(batch)))
        from i in Enumerable.Range(0, batch.Count)
        where batch.Base + i >= @from
        select (batch.Base + i, batch.Values[i]);

    /// <summary>
    /// Appends a client's batch, or returns the reason for refusing it, in the order of Kafka's checks: transaction, duplicate, epoch, sequence.
    /// </summary>
    /// <param name="transactional">The transaction coordinator's answer about the batch (KIP-890); null outside transactions.</param>
    /// <param name="actual">The broker's response, which is used only where Kafka leaves the result open.</param>
    public (ErrorCode Error, long Offset) Produce(long pid, short epoch, ProducedBatch produced, ErrorCode? transactional, (ErrorCode, long) actual)
    {
        if (pid < 0) return Append(pid, epoch, produced, false);
        if (transactional is { } verdict && !HasOpen(pid))
        {
            Call(pid, epoch, produced.Sequence);
            if (verdict != ErrorCode.None) return (verdict, -1);
        }

        var mine = _batches.FindAll(batch => batch.Pid == pid);
        var current = mine.Count == 0 ? (short)-1 : mine[^1].Epoch;
        var remembered = mine.Where(batch => batch.Commits is null && batch.Epoch == current).TakeLast(RememberedBatches).ToList();
        if (epoch == current && remembered.Find(batch => batch.Sequence == produced.Sequence && batch.Count == produced.Values.Length) is { } same)
        {
            // A producer snapshot contains only the last batch, so after a restart Kafka may not recognise earlier ones.
            var mayBeForgotten = same != remembered[^1] && _batches.IndexOf(same) < _beforeCrash;
            return mayBeForgotten && actual.Item1 == ErrorCode.OutOfOrderSequenceNumber ? actual : (ErrorCode.None, same.Base);
        }
        if (epoch < current) return (ErrorCode.InvalidProducerEpoch, -1);
        var last = epoch == current && remembered.Count > 0 ? remembered[^1].Sequence + remembered[^1].Count - 1 : -1;
        if (current >= 0 && produced.Sequence != last + 1) return (ErrorCode.OutOfOrderSequenceNumber, -1);
        if (_lowestAttempts.TryGetValue(pid, out var asked) && produced.Sequence > asked.Sequence)
        {
            // Kafka refuses the batch even if its sequence continues the stored ones: a stray retry blocks the producer until the transaction ends. Kafka does
            // not guarantee this.
            if (current < 0 || actual.Item1 == ErrorCode.OutOfOrderSequenceNumber) return (ErrorCode.OutOfOrderSequenceNumber, -1);
        }
        return Append(pid, epoch, produced, transactional is not null);
    }

    /// <summary>Writes the control record that ends the producer's transaction.</summary>
    public void Mark(long pid, short epoch, bool commit)
    {
        _batches.Add(new Batch(End, [""], pid, epoch, -1, true, commit));
        _lowestAttempts.Remove(pid);
    }

    public void Crashed()
    {
        _beforeCrash = _batches.Count;
        _lowestAttempts.Clear();
    }

    /// <summary>The lowest sequence that tried to start a transaction must be its first (KIP-890; Kafka's VerificationStateEntry).</summary>
    private void Call(long pid, short epoch, int sequence)
    {
        if (!_lowestAttempts.TryGetValue(pid, out var asked) || epoch > asked.Epoch || (epoch == asked.Epoch && sequence < asked.Sequence))
            _lowestAttempts[pid] = (epoch, sequence);
    }

    private (ErrorCode, long) Append(long pid, short epoch, ProducedBatch produced, bool transactional)
    {
        _batches.Add(new Batch(End, produced.Values, pid, epoch, produced.Sequence, transactional, null));
        if (transactional) _lowestAttempts.Remove(pid);
        return (ErrorCode.None, _batches[^1].Base);
    }

    private bool IsOpen(Batch batch) => batch is { Transactional: true, Commits: null } && Marker(batch) is null;

    private bool IsCommitted(Batch batch) => !batch.Transactional || Marker(batch) is { Commits: true };

    private Batch? Marker(Batch batch) => _batches.Find(later => later.Base > batch.Base && later.Pid == batch.Pid && later.Commits is not null);

    /// <param name="Commits">Null for records, else whether the marker commits.</param>
    private sealed record Batch(long Base, string[] Values, long Pid, short Epoch, int Sequence, bool Transactional, bool? Commits)
    {
        public int Count => Values.Length;
    }
}
