using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Log;

/// <summary>What a partition remembers of one idempotent producer (KIP-98): its epoch and its last five batches, so that a retry is recognised.</summary>
internal sealed class ProducerState(long producerId)
{
    private const int RememberedBatches = 5;
    private readonly List<StoredBatch> _batches = new(RememberedBatches);
    private (short Epoch, int Sequence)? _asked;

    public long ProducerId { get; } = producerId;

    /// <summary>-1 until the first batch.</summary>
    public short Epoch { get; private set; } = -1;

    /// <summary>Of the last marker; -1 until there was one.</summary>
    public int CoordinatorEpoch { get; private set; } = -1;

    /// <summary>Of the last batch its largest, of the last marker its own; before those the time a batch was first seen.</summary>
    public long LastTimestamp { get; private set; } = -1;

    /// <summary>First offset of the transaction this producer has open here.</summary>
    public long? TransactionStart { get; private set; }

    /// <summary>Last offset of its last batch of records, when that is of its present epoch (Kafka's lastDataOffset). A cleaning keeps that batch, if only its head.</summary>
    public long? LastDataOffset { get; private set; }

    /// <summary>Whether a transaction of this epoch is open here; a batch of another one would not belong to it.</summary>
    public bool HasOpen(short epoch) => TransactionStart is not null && Epoch == epoch;

    private int LastSequence => _batches.Count == 0 ? -1 : _batches[^1].LastSequence;

    /// <summary>All there is to remember, for a checkpoint of the log.</summary>
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
    /// A batch wants to begin a transaction here. While nothing is stored of the producer any first sequence would do, so that a later
    /// batch could slip in before a refused earlier one, which could then never be stored: the lowest one seen has to be the first
    /// (KIP-890; Kafka's VerificationStateEntry).
    /// </summary>
    public void Asks(in BatchHeader batch, long now)
    {
        if (Epoch >= 0) return;
        LastTimestamp = now;
        if (_asked is null || batch.ProducerEpoch > _asked.Value.Epoch || (batch.ProducerEpoch == _asked.Value.Epoch && batch.BaseSequence < _asked.Value.Sequence))
            _asked = (batch.ProducerEpoch, batch.BaseSequence);
    }

    /// <summary>Kafka's verdict on a batch from a client; the state is unchanged.</summary>
    public (ErrorCode Error, string? Why) Check(in BatchHeader batch)
    {
        if (batch.ProducerEpoch < Epoch)
            return (ErrorCode.InvalidProducerEpoch, $"epoch {batch.ProducerEpoch} of producer {ProducerId} is older than {Epoch}");
        if (batch.BaseSequence >= 0 && !InSequence(batch))
            return (ErrorCode.OutOfOrderSequenceNumber, $"sequence {batch.BaseSequence} of producer {ProducerId} after {LastSequence}");
        if (TransactionStart is not null && !batch.IsTransactional)
            return (ErrorCode.InvalidTxnState, $"producer {ProducerId} writes outside the transaction it has open");
        return (ErrorCode.None, null);
    }

    public void Stored(in BatchHeader batch)
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

    /// <summary>Ends the open transaction; returns its first offset, or null when this partition holds nothing of it.</summary>
    public long? Ended(short epoch, int coordinatorEpoch, long timestamp)
    {
        Advance(epoch);
        CoordinatorEpoch = coordinatorEpoch;
        LastTimestamp = timestamp;
        var start = TransactionStart;
        TransactionStart = null;
        return start;
    }

    // A partition that knows nothing of the producer takes any first sequence: its records may have been deleted meanwhile.
    private bool InSequence(in BatchHeader batch) =>
        Epoch < 0
            ? _asked is null || batch.BaseSequence <= _asked.Value.Sequence
            : batch.ProducerEpoch == Epoch ? Sequence.Follows(LastSequence, batch.BaseSequence) : batch.BaseSequence == 0;

    private void Advance(short epoch)
    {
        if (epoch <= Epoch) return;
        Epoch = epoch;
        _asked = null;
        _batches.Clear();
        LastDataOffset = null;
    }
}

/// <summary>A batch a producer may send again.</summary>
internal readonly record struct StoredBatch(int FirstSequence, int LastSequence, long BaseOffset, long Timestamp);

/// <summary>A <see cref="ProducerState"/> to be kept beside the log; the batches are the last ones, oldest first. -1: none yet.</summary>
internal sealed record ProducerSnapshot(
    long ProducerId, short Epoch, int CoordinatorEpoch, long LastTimestamp, long? TransactionStart, long? LastDataOffset, IReadOnlyList<StoredBatch> Batches)
{
    /// <summary>-1 when the epoch has none yet.</summary>
    public int LastSequence => Batches.Count == 0 ? -1 : Batches[^1].LastSequence;
}
