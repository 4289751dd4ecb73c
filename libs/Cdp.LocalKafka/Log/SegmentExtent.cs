namespace Cdp.LocalKafka.Log;

/// <summary>How far a segment reaches, or how far of it is known.</summary>
/// <param name="MaxTimestamp">Milliseconds; the largest of the batches, or -1.</param>
/// <param name="MaxTimestampOffset">Last offset of the first batch that has it.</param>
internal readonly record struct SegmentExtent(long Length, long NextOffset, long MaxTimestamp, long MaxTimestampOffset)
{
    public static SegmentExtent Empty(long baseOffset) => new(0, baseOffset, -1, baseOffset);

    public SegmentExtent With(in BatchHeader batch) => batch.MaxTimestamp > MaxTimestamp
        ? new(Length + batch.Bytes, batch.LastOffset + 1, batch.MaxTimestamp, batch.LastOffset)
        : this with { Length = Length + batch.Bytes, NextOffset = batch.LastOffset + 1 };
}
