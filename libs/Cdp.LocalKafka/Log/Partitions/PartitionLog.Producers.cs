using System.Buffers.Binary;
using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Log.Producers;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Log.Partitions;

/// <summary>What the log knows about its producers.</summary>
internal sealed partial class PartitionLog
{
    private readonly Dictionary<long, ProducerState> _producers = [];

    /// <summary>The known producers, for DescribeProducers and for checkpoints.</summary>
    public List<ProducerSnapshot> Producers
    {
        get { lock (_lock) return [.. _producers.Values.Where(producer => producer.Epoch >= 0).Select(producer => producer.ToSnapshot())]; }
    }

    /// <summary>
    /// Forgets producers without an open transaction whose last timestamp is at least <paramref name="idleMs"/> milliseconds old (KIP-854).
    /// </summary>
    public void ForgetProducers(long now, long idleMs)
    {
        lock (_lock)
            foreach (var (id, producer) in _producers)
                if (producer.TransactionStart is null && now - producer.LastTimestamp >= idleMs) _producers.Remove(id);
    }

    /// <summary>Appends a marker at an administrator's request, to end a transaction that no coordinator knows of (KIP-664).</summary>
    /// <returns>INVALID_PRODUCER_EPOCH or TRANSACTION_COORDINATOR_FENCED if the partition has seen a newer producer or coordinator epoch.</returns>
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

    /// <summary>The result for a producer's batch that must not be appended because it is a duplicate or invalid. Null if it should be appended.</summary>
    private AppendResult? ResultWithoutAppend(in BatchHeader batch, Func<BatchHeader, ErrorCode>? mayBegin)
    {
        var producer = Producer(batch.ProducerId);
        if (batch.IsTransactional && !producer.HasOpen(batch.ProducerEpoch) && mayBegin is not null)
        {
            producer.NoteAttempt(batch, Now);
            var verdict = mayBegin(batch);
            if (verdict != ErrorCode.None)
                return AppendResult.Refused(verdict, $"producer {batch.ProducerId} has no open transaction that covers this partition");
        }
        if (producer.Duplicate(batch) is { } stored)
            return new AppendResult(ErrorCode.None, stored.BaseOffset, _settings.LogAppendTime ? stored.Timestamp : -1);
        var (error, why) = producer.Check(batch);
        return error == ErrorCode.None ? null : AppendResult.Refused(error, why!);
    }

    /// <summary>Updates producers and transactions with a batch of the log, both on append and on opening.</summary>
    private void Replay(BatchHeader header, ReadOnlySpan<byte> batch)
    {
        if (!header.HasProducer || (header.IsControl && header.Count == 0)) return; // a marker that a cleaning has emptied ends nothing
        var producer = Producer(header.ProducerId);
        if (!header.IsControl)
        {
            producer.Apply(header);
            if (producer.TransactionStart is { } open) _transactions.Open(header.ProducerId, open);
            return;
        }

        var marker = RecordReader.Read(header, batch)[0];
        var start = producer.ApplyMarker(header.ProducerEpoch, BinaryPrimitives.ReadInt32BigEndian(marker.Value.AsSpan(2)), marker.Timestamp);
        if (start is not null) _transactions.Close(header.ProducerId, start.Value, header.LastOffset, marker.IsCommit);
    }

    private ProducerState Producer(long id)
    {
        if (!_producers.TryGetValue(id, out var producer)) _producers.Add(id, producer = new ProducerState(id));
        return producer;
    }
}
