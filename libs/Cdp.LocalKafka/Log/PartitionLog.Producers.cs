using System.Buffers.Binary;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Log;

/// <summary>What the log knows of its producers. Callers hold the log's lock.</summary>
internal sealed partial class PartitionLog
{
    private readonly Dictionary<long, ProducerState> _producers = [];

    /// <summary>The answer to a producer's batch that is not to be stored, because it was before or must not be; else null.</summary>
    private AppendResult? Answered(in BatchHeader batch, Func<BatchHeader, ErrorCode>? mayBegin)
    {
        var producer = Producer(batch.ProducerId);
        if (producer.Duplicate(batch) is { } stored)
            return new AppendResult(ErrorCode.None, stored.BaseOffset, _settings.LogAppendTime ? stored.Timestamp : -1);
        var (error, why) = producer.Check(batch);
        if (error != ErrorCode.None) return AppendResult.Refused(error, why!);
        if (batch.IsTransactional && producer.TransactionStart is null && mayBegin is not null && (error = mayBegin(batch)) != ErrorCode.None)
            return AppendResult.Refused(error, $"producer {batch.ProducerId} has no open transaction that covers this partition");
        return null;
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
