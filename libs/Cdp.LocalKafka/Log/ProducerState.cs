using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Log;

/// <summary>What a partition remembers of one idempotent producer (KIP-98): its epoch and its last five batches, so that a retry is recognised.</summary>
internal sealed class ProducerState(long producerId)
{
    private const int RememberedBatches = 5;
    private readonly Queue<StoredBatch> _batches = new(RememberedBatches);
    private int _lastSequence = -1;

    public long ProducerId { get; } = producerId;

    /// <summary>-1 until the first batch.</summary>
    public short Epoch { get; private set; } = -1;

    public int CoordinatorEpoch { get; private set; } = -1;

    /// <summary>First offset of the transaction this producer has open here.</summary>
    public long? TransactionStart { get; private set; }

    /// <summary>The stored batch that <paramref name="batch"/> repeats, if it is one of the last five.</summary>
    public StoredBatch? Duplicate(in BatchHeader batch)
    {
        if (batch.ProducerEpoch != Epoch) return null;
        foreach (var stored in _batches)
            if (stored.FirstSequence == batch.BaseSequence && stored.LastSequence == batch.LastSequence) return stored;
        return null;
    }

    /// <summary>Kafka's verdict on a batch from a client; the state is unchanged.</summary>
    public (ErrorCode Error, string? Why) Check(in BatchHeader batch)
    {
        if (batch.ProducerEpoch < Epoch)
            return (ErrorCode.InvalidProducerEpoch, $"epoch {batch.ProducerEpoch} of producer {ProducerId} is older than {Epoch}");
        if (batch.BaseSequence >= 0 && !InSequence(batch))
            return (ErrorCode.OutOfOrderSequenceNumber, $"sequence {batch.BaseSequence} of producer {ProducerId} after {_lastSequence}");
        if (TransactionStart is not null && !batch.IsTransactional)
            return (ErrorCode.InvalidTxnState, $"producer {ProducerId} writes outside the transaction it has open");
        return (ErrorCode.None, null);
    }

    public void Stored(in BatchHeader batch)
    {
        Advance(batch.ProducerEpoch);
        if (batch.BaseSequence >= 0)
        {
            if (_batches.Count == RememberedBatches) _batches.Dequeue();
            _batches.Enqueue(new StoredBatch(batch.BaseSequence, batch.LastSequence, batch.BaseOffset, batch.MaxTimestamp));
            _lastSequence = batch.LastSequence;
        }
        if (batch.IsTransactional) TransactionStart ??= batch.BaseOffset;
    }

    /// <summary>Ends the open transaction; returns its first offset, or null when this partition holds nothing of it.</summary>
    public long? Ended(short epoch, int coordinatorEpoch)
    {
        Advance(epoch);
        CoordinatorEpoch = coordinatorEpoch;
        var start = TransactionStart;
        TransactionStart = null;
        return start;
    }

    // A partition that knows nothing of the producer takes any first sequence: its records may have been deleted meanwhile.
    private bool InSequence(in BatchHeader batch) =>
        Epoch < 0 || (batch.ProducerEpoch == Epoch ? Sequence.Follows(_lastSequence, batch.BaseSequence) : batch.BaseSequence == 0);

    private void Advance(short epoch)
    {
        if (epoch <= Epoch) return;
        Epoch = epoch;
        _batches.Clear();
        _lastSequence = -1;
    }
}

/// <summary>A batch a producer may send again.</summary>
internal readonly record struct StoredBatch(int FirstSequence, int LastSequence, long BaseOffset, long Timestamp);
