using System.Buffers.Binary;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Log;

internal sealed partial class PartitionLog
{
    private const int LeaderEpoch = 0;

    /// <summary>Appends a batch from a producer, as received but for its base offset and leader epoch.</summary>
    /// <param name="mayBegin">
    /// Asked, under this log's lock, before a batch begins a transaction here (KIP-890): a batch that was delayed past its transaction's
    /// marker would else open one that nobody ends. Null trusts the producer.
    /// </param>
    public AppendResult Append(ReadOnlyMemory<byte> batch, Func<BatchHeader, ErrorCode>? mayBegin = null)
    {
        var refusal = Refusal(batch.Span, out var header) ?? Validate(ref batch, ref header);
        if (refusal is not null) return refusal.Value;
        lock (_lock)
        {
            if (_closed) return AppendResult.Refused(ErrorCode.NotLeaderOrFollower, "the topic is being deleted or the broker stops");
            if (header.HasProducer && Answered(header, mayBegin) is { } answered) return answered;
            if (_settings.LogAppendTime) (batch, header) = Restamped(batch, header);
            var offset = Store(batch, header);
            return new AppendResult(ErrorCode.None, offset, _settings.LogAppendTime ? header.MaxTimestamp : -1);
        }
    }

    /// <summary>Appends records of the broker's own; returns the first one's offset.</summary>
    public long AppendRecords(
        IReadOnlyList<(byte[]? Key, byte[]? Value)> records, long producerId = -1, short producerEpoch = -1, bool transactional = false) =>
        AppendOwn(offset => BatchBuilder.Records(records, offset, Now, producerId, producerEpoch, transactional));

    /// <summary>Appends the control record that ends a producer's transaction here; returns its offset.</summary>
    public long AppendMarker(long producerId, short producerEpoch, bool commit, int coordinatorEpoch) =>
        AppendOwn(offset => BatchBuilder.Marker(commit, coordinatorEpoch, offset, Now, producerId, producerEpoch));

    private long Now => _settings.Time.GetUtcNow().ToUnixTimeMilliseconds();

    // What is wrong with the head; the records are the second step's.
    private AppendResult? Refusal(ReadOnlySpan<byte> batch, out BatchHeader header)
    {
        var settings = _settings; // it may be exchanged meanwhile
        if (!BatchHeader.TryRead(batch, out header)) return AppendResult.Refused(ErrorCode.CorruptMessage, "a record batch shorter than its head");
        if (header.Magic != 2)
            return AppendResult.Refused(ErrorCode.UnsupportedForMessageFormat, $"message format {header.Magic}: only record batches v2 are taken");
        if (header.Bytes > batch.Length) return AppendResult.Refused(ErrorCode.CorruptMessage, $"a record batch of {header.Bytes} bytes in {batch.Length}");
        if (header.Bytes < batch.Length) return AppendResult.Refused(ErrorCode.InvalidRecord, "more than one record batch for a partition");
        if (header.BaseOffset != 0) return AppendResult.Refused(ErrorCode.InvalidRecord, $"base offset {header.BaseOffset}: a producer's batch begins at 0");
        if (header.Bytes > settings.MaxMessageBytes)
            return AppendResult.Refused(ErrorCode.MessageTooLarge, $"a record batch of {header.Bytes} bytes; max.message.bytes is {settings.MaxMessageBytes}");
        if (!header.ChecksumHolds(batch)) return AppendResult.Refused(ErrorCode.CorruptMessage, "the record batch's checksum does not hold");
        if (header.Count <= 0 || header.LastOffsetDelta != header.Count - 1)
            return AppendResult.Refused(ErrorCode.InvalidRecord, $"{header.Count} records with last offset delta {header.LastOffsetDelta}");
        if (header.IsControl) return AppendResult.Refused(ErrorCode.InvalidRecord, "control records come from the broker alone");
        if (header.HasProducer && header.BaseSequence < 0)
            return AppendResult.Refused(ErrorCode.InvalidRecord, $"sequence {header.BaseSequence} with producer {header.ProducerId}");
        return null;
    }

    private long AppendOwn(Func<long, byte[]> build)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            var batch = build(End);
            BatchHeader.TryRead(batch, out var header);
            return Store(batch, header);
        }
    }

    private long Store(ReadOnlyMemory<byte> batch, BatchHeader header)
    {
        if (Active.MustRollFor(header, _settings, Now)) Roll();

        header = header with { BaseOffset = End };
        var head = new byte[BatchHeader.MagicAt];
        BinaryPrimitives.WriteInt64BigEndian(head, header.BaseOffset);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(8), header.Bytes - BatchHeader.LengthPrefix);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(BatchHeader.LengthPrefix), LeaderEpoch);
        Active.Append(head, batch[BatchHeader.MagicAt..], header);
        Replay(header, batch.Span);
        FlushAsAsked();
        foreach (var watcher in _watchers) watcher.Set();
        return header.BaseOffset;
    }

    private void Roll()
    {
        Active.Seal();
        _segments.Add(Segment.Create(_directory, End, _settings));
        Save();
    }

    // message.timestamp.type=LogAppendTime: the attribute and the maximum say it; the records keep what they carry.
    private (ReadOnlyMemory<byte>, BatchHeader) Restamped(ReadOnlyMemory<byte> batch, BatchHeader header)
    {
        var copy = batch.ToArray();
        header = header.Restamp(copy, Now);
        return (copy, header);
    }
}
