using Cdp.LocalKafka.Log.Batches;

namespace Cdp.LocalKafka.Log.Segments;

/// <summary>How far a segment extends, or how far it is known.</summary>
/// <param name="Length">The length in bytes.</param>
/// <param name="NextOffset">The offset after the last record.</param>
/// <param name="MaxTimestamp">The largest timestamp of its batches in Unix milliseconds, or -1.</param>
/// <param name="MaxTimestampOffset">The last offset of the first batch with that timestamp.</param>
internal readonly record struct SegmentExtent(long Length, long NextOffset, long MaxTimestamp, long MaxTimestampOffset)
{
    public static SegmentExtent Empty(long baseOffset) => new(0, baseOffset, -1, baseOffset);

    public SegmentExtent With(in BatchHeader batch) => batch.MaxTimestamp > MaxTimestamp
        ? new(Length + batch.Bytes, batch.LastOffset + 1, batch.MaxTimestamp, batch.LastOffset)
        : this with { Length = Length + batch.Bytes, NextOffset = batch.LastOffset + 1 };
}
