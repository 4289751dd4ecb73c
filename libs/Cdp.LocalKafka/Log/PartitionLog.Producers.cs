using System.Buffers.Binary;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Log;

/// <summary>What the log knows of its producers.</summary>
internal sealed partial class PartitionLog
{
    private readonly Dictionary<long, ProducerState> _producers = [];

    /// <summary>The producers remembered, for DescribeProducers and for a checkpoint of the log.</summary>
    public List<ProducerSnapshot> Producers
    {
        get { lock (_lock) return [.. _producers.Values.Where(producer => producer.Epoch >= 0).Select(producer => producer.ToSnapshot())]; }
    }

    /// <summary>Forgets producers without an open transaction whose last timestamp is <paramref name="idleMs"/> old (KIP-854).</summary>
    public void ForgetProducers(long now, long idleMs)
    {
        lock (_lock)
            foreach (var (id, producer) in _producers)
                if (producer.TransactionStart is null && now - producer.LastTimestamp >= idleMs) _producers.Remove(id);
    }

    /// <summary>
    /// Appends a marker that an administrator asks for, to end a transaction that no coordinator knows of (KIP-664).
    /// </summary>
    /// <returns>INVALID_PRODUCER_EPOCH or TRANSACTION_COORDINATOR_FENCED when the partition has seen newer ones.</returns>
    public ErrorCode TryAppendMarker(long producerId, short producerEpoch, bool commit, int coordinatorEpoch)
    {
        lock (_lock)
        {
            if (_closed) return ErrorCode.NotLeaderOrFollower;
            if (_producers.GetValueOrDefault(producerId) is { } producer)
            {
                if (producerEpoch < producer.Epoch) return ErrorCode.InvalidProducerEpoch;
                if (coordinatorEpoch < producer.CoordinatorEpoch) return ErrorCode.TransactionCoordinatorFenced;
            }
            AppendMarker(producerId, producerEpoch, commit, coordinatorEpoch);
            return ErrorCode.None;
        }
    }

    /// <summary>The answer to a producer's batch that is not to be stored, because it was before or must not be; else null.</summary>
    private AppendResult? Answered(in BatchHeader batch, Func<BatchHeader, ErrorCode>? mayBegin)
    {
        var producer = Producer(batch.ProducerId);
        if (batch.IsTransactional && !producer.HasOpen(batch.ProducerEpoch) && mayBegin is not null)
        {
            producer.Asks(batch, Now);
            var verdict = mayBegin(batch);
            if (verdict != ErrorCode.None)
                return AppendResult.Refused(verdict, $"producer {batch.ProducerId} has no open transaction that covers this partition");
        }
        if (producer.Duplicate(batch) is { } stored)
            return new AppendResult(ErrorCode.None, stored.BaseOffset, _settings.LogAppendTime ? stored.Timestamp : -1);
        var (error, why) = producer.Check(batch);
        return error == ErrorCode.None ? null : AppendResult.Refused(error, why!);
    }

    /// <summary>Brings producers and transactions up to a batch that is in the log: on appending and on opening alike.</summary>
    private void Replay(BatchHeader header, ReadOnlySpan<byte> batch)
    {
        if (!header.HasProducer || (header.IsControl && header.Count == 0)) return; // a marker that was cleaned away ends nothing
        var producer = Producer(header.ProducerId);
        if (!header.IsControl)
        {
            producer.Stored(header);
            if (producer.TransactionStart is { } open) _transactions.Open(header.ProducerId, open);
            return;
        }

        var marker = RecordReader.Read(header, batch)[0];
        var start = producer.Ended(header.ProducerEpoch, BinaryPrimitives.ReadInt32BigEndian(marker.Value.AsSpan(2)), marker.Timestamp);
        if (start is not null) _transactions.Close(header.ProducerId, start.Value, header.LastOffset, marker.IsCommit);
    }

    private ProducerState Producer(long id)
    {
        if (!_producers.TryGetValue(id, out var producer)) _producers.Add(id, producer = new ProducerState(id));
        return producer;
    }
}
