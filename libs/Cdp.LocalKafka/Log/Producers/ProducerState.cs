using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Log.Producers;

/// <summary>
/// What a partition knows about one idempotent producer (KIP-98): its epoch and its last five batches, by which retries are recognized.
/// </summary>
internal sealed class ProducerState(long producerId)
{
    private const int RememberedBatches = 5;
    private readonly List<StoredBatch> _batches = new(RememberedBatches);
    private (short Epoch, int Sequence)? _lowestAttempt;

    public long ProducerId { get; } = producerId;

    /// <summary>-1 until the first batch.</summary>
    public short Epoch { get; private set; } = -1;

    /// <summary>The coordinator epoch of the last marker. -1 until the first marker.</summary>
    public int CoordinatorEpoch { get; private set; } = -1;

    /// <summary>
    /// The largest timestamp of the last batch, or the timestamp of the last marker. Before either of them exists: the time of the first attempt to append a
    /// batch.
    /// </summary>
    public long LastTimestamp { get; private set; } = -1;

    /// <summary>The first offset of the producer's open transaction in this partition.</summary>
    public long? TransactionStart { get; private set; }

    /// <summary>
    /// The last offset of the producer's last batch, if that batch is of its current epoch (Kafka's lastDataOffset). A cleaning keeps at least the
    /// header of that batch.
    /// </summary>
    public long? LastDataOffset { get; private set; }

    /// <summary>Whether a transaction of this epoch is open here. A batch of another epoch would not belong to it.</summary>
    public bool HasOpen(short epoch) => TransactionStart is not null && Epoch == epoch;

    private int LastSequence => _batches.Count == 0 ? -1 : _batches[^1].LastSequence;

    /// <summary>The state for a checkpoint.</summary>
    public ProducerSnapshot ToSnapshot() => new(ProducerId, Epoch, CoordinatorEpoch, LastTimestamp, TransactionStart, LastDataOffset, [.. _batches]);

    public static ProducerState FromSnapshot(ProducerSnapshot snapshot)
    {
        var state = new ProducerState(snapshot.ProducerId)
        {
            Epoch = snapshot.Epoch,
            CoordinatorEpoch = snapshot.CoordinatorEpoch,
            LastTimestamp = snapshot.LastTimestamp,
            TransactionStart = snapshot.TransactionStart,
            LastDataOffset = snapshot.LastDataOffset,
        };
        state._batches.AddRange(snapshot.Batches);
        return state;
    }

    /// <summary>The stored batch that <paramref name="batch"/> repeats, if it is one of the last five.</summary>
    public StoredBatch? Duplicate(in BatchHeader batch)
    {
        if (batch.ProducerEpoch != Epoch) return null;
        foreach (var stored in _batches)
            if (stored.FirstSequence == batch.BaseSequence && stored.LastSequence == batch.LastSequence) return stored;
        return null;
    }

    /// <summary>
    /// Records that a batch is about to begin a transaction here. As long as nothing from the producer is stored, any first sequence is accepted. A later
    /// batch could then overtake an earlier one that was refused, and the earlier one could never be stored. So the lowest sequence seen must come
    /// first (KIP-890; Kafka's VerificationStateEntry).
    /// </summary>
    public void NoteAttempt(in BatchHeader batch, long now)
    {
        if (Epoch >= 0) return;
        LastTimestamp = now;
        if (_lowestAttempt is not { } lowest
            || batch.ProducerEpoch > lowest.Epoch
            || (batch.ProducerEpoch == lowest.Epoch && batch.BaseSequence < lowest.Sequence))
            _lowestAttempt = (batch.ProducerEpoch, batch.BaseSequence);
    }

    /// <summary>Checks a client's batch by Kafka's rules. Changes nothing.</summary>
    public (ErrorCode Error, string? Why) Check(in BatchHeader batch)
    {
        if (batch.ProducerEpoch < Epoch)
            return (ErrorCode.InvalidProducerEpoch, $"epoch {batch.ProducerEpoch} of producer {ProducerId} is older than its current epoch {Epoch}");
        if (batch.BaseSequence >= 0 && !InSequence(batch))
            return (ErrorCode.OutOfOrderSequenceNumber, $"producer {ProducerId} sent sequence {batch.BaseSequence} after {LastSequence}");
        if (TransactionStart is not null && !batch.IsTransactional)
            return (ErrorCode.InvalidTxnState, $"producer {ProducerId} sent a non-transactional batch while its transaction is open");
        return (ErrorCode.None, null);
    }

    /// <summary>Updates the state with a stored batch.</summary>
    public void Apply(in BatchHeader batch)
    {
        Advance(batch.ProducerEpoch);
        LastTimestamp = batch.MaxTimestamp;
        LastDataOffset = batch.LastOffset;
        if (batch.BaseSequence >= 0)
        {
            if (_batches.Count == RememberedBatches) _batches.RemoveAt(0);
            _batches.Add(new StoredBatch(batch.BaseSequence, batch.LastSequence, batch.BaseOffset, batch.MaxTimestamp));
        }
        if (batch.IsTransactional) TransactionStart ??= batch.BaseOffset;
    }

    /// <summary>Ends the open transaction. Returns its first offset, or null if this partition has no records of it.</summary>
    public long? ApplyMarker(short epoch, int coordinatorEpoch, long timestamp)
    {
        Advance(epoch);
        CoordinatorEpoch = coordinatorEpoch;
        LastTimestamp = timestamp;
        var start = TransactionStart;
        TransactionStart = null;
        return start;
    }

    // If the partition does not know the producer, any first sequence is accepted: the producer's records may have been deleted.
    private bool InSequence(in BatchHeader batch) =>
        Epoch < 0
            ? _lowestAttempt is null || batch.BaseSequence <= _lowestAttempt.Value.Sequence
            : batch.ProducerEpoch == Epoch ? Sequence.Follows(LastSequence, batch.BaseSequence) : batch.BaseSequence == 0;

    private void Advance(short epoch)
    {
        if (epoch <= Epoch) return;
        Epoch = epoch;
        _lowestAttempt = null;
        _batches.Clear();
        LastDataOffset = null;
    }
}

/// <summary>A stored batch that the producer may send again.</summary>
internal readonly record struct StoredBatch(int FirstSequence, int LastSequence, long BaseOffset, long Timestamp);

/// <summary>
/// The state of a <see cref="ProducerState"/> for a checkpoint. <see cref="Batches"/> has the last batches, oldest first. -1 means none yet.
/// </summary>
internal sealed record ProducerSnapshot(
    long ProducerId,
    short Epoch,
    int CoordinatorEpoch,
    long LastTimestamp,
    long? TransactionStart,
    long? LastDataOffset,
    IReadOnlyList<StoredBatch> Batches)
{
    /// <summary>-1 if the current epoch has no batches yet.</summary>
    public int LastSequence => Batches.Count == 0 ? -1 : Batches[^1].LastSequence;
}
