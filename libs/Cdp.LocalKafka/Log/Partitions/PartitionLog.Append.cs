using System.Buffers.Binary;
using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Log.Segments;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Log.Partitions;

internal sealed partial class PartitionLog
{
    private const int LeaderEpoch = 0;

    /// <summary>Appends a producer's batch. Only its base offset and leader epoch are changed.</summary>
    /// <param name="batch">The whole batch.</param>
    /// <param name="mayBegin">
    /// Called under this log's lock before a batch begins a transaction here (KIP-890). Without this check, a batch that arrives after its
    /// transaction's marker would begin a transaction that never ends. Null skips the check.
    /// </param>
    public AppendResult Append(ReadOnlyMemory<byte> batch, Func<BatchHeader, ErrorCode>? mayBegin = null)
    {
        var refusal = Refusal(batch.Span, out var header) ?? Validate(ref batch, ref header);
        if (refusal is not null) return refusal.Value;
        lock (_lock)
        {
            if (_closed) return AppendResult.Refused(ErrorCode.NotLeaderOrFollower, "the topic is being deleted or the broker is stopping");
            if (header.HasProducer && ResultWithoutAppend(header, mayBegin) is { } result) return result;
            if (_settings.LogAppendTime) (batch, header) = Restamped(batch, header);
            var offset = Store(batch, header);
            return new AppendResult(ErrorCode.None, offset, _settings.LogAppendTime ? header.MaxTimestamp : -1);
        }
    }

    /// <summary>Appends records of the broker itself. Returns the offset of the first.</summary>
    public long AppendRecords(
        IReadOnlyList<(byte[]? Key, byte[]? Value)> records, long producerId = -1, short producerEpoch = -1, bool transactional = false) =>
        AppendOwn(offset => BatchBuilder.Records(records, offset, Now, producerId, producerEpoch, transactional));

    /// <summary>Appends the control record that ends a producer's transaction here. Returns its offset.</summary>
    public long AppendMarker(long producerId, short producerEpoch, bool commit, int coordinatorEpoch) =>
        AppendOwn(offset => BatchBuilder.Marker(commit, coordinatorEpoch, offset, Now, producerId, producerEpoch));

    private long Now => _settings.Time.GetUtcNow().ToUnixTimeMilliseconds();

    // Checks only the header. Validate checks the records.
    private AppendResult? Refusal(ReadOnlySpan<byte> batch, out BatchHeader header)
    {
        var settings = _settings; // another thread may replace it
        if (!BatchHeader.TryRead(batch, out header)) return AppendResult.Refused(ErrorCode.CorruptMessage, "the record batch is shorter than its header");
        if (header.Magic != 2)
            return AppendResult.Refused(ErrorCode.UnsupportedForMessageFormat, $"message format v{header.Magic} is not supported, only v2");
        if (header.Bytes > batch.Length)
            return AppendResult.Refused(ErrorCode.CorruptMessage, $"the record batch has a length of {header.Bytes} bytes, but only {batch.Length} were sent");
        if (header.Bytes < batch.Length) return AppendResult.Refused(ErrorCode.InvalidRecord, "more than one record batch for a partition");
        if (header.BaseOffset != 0)
            return AppendResult.Refused(ErrorCode.InvalidRecord, $"the base offset is {header.BaseOffset}; in a producer's batch it must be 0");
        if (header.Bytes > settings.MaxMessageBytes)
            return AppendResult.Refused(
                ErrorCode.MessageTooLarge, $"the record batch has {header.Bytes} bytes; max.message.bytes is {settings.MaxMessageBytes}");
        if (!header.ChecksumHolds(batch)) return AppendResult.Refused(ErrorCode.CorruptMessage, "the checksum of the record batch is wrong");
        if (header.Count <= 0 || header.LastOffsetDelta != header.Count - 1)
            return AppendResult.Refused(
                ErrorCode.InvalidRecord, $"the record batch has {header.Count} records but a last offset delta of {header.LastOffsetDelta}");
        if (header.IsControl) return AppendResult.Refused(ErrorCode.InvalidRecord, "only the broker can write control records");
        if (header.HasProducer && header.BaseSequence < 0)
            return AppendResult.Refused(ErrorCode.InvalidRecord, $"producer {header.ProducerId} sent a batch with sequence {header.BaseSequence}");
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
        FlushIfRequired();
        foreach (var watcher in _watchers) watcher.Set();
        return header.BaseOffset;
    }

    private void Roll()
    {
        Active.Seal();
        _segments.Add(Segment.Create(_directory, End, _settings));
        Save();
    }

    // message.timestamp.type=LogAppendTime: only the attribute and the maximum timestamp change; the records keep the timestamps they carry.
    private (ReadOnlyMemory<byte>, BatchHeader) Restamped(ReadOnlyMemory<byte> batch, BatchHeader header)
    {
        var copy = batch.ToArray();
        header = header.Restamp(copy, Now);
        return (copy, header);
    }
}
