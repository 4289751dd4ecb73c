using Microsoft.Win32.SafeHandles;

namespace Cdp.LocalKafka.Log.Segments;

/// <summary>A segment that takes no more batches.</summary>
/// <param name="Length">The size of the file in bytes.</param>
/// <param name="EndOffset">Exclusive: the base offset of the next segment, which may be the active one.</param>
internal readonly record struct ClosedSegment(SafeFileHandle File, long Length, long BaseOffset, long EndOffset);

/// <summary>A new segment file that is written but not yet swapped in (<see cref="SegmentSwap"/>).</summary>
/// <param name="Path">The path of the <c>.cleaned</c> file.</param>
/// <param name="Length">The size in bytes. 0 if nothing of the replaced segments is left.</param>
/// <param name="Replaces">
/// The replaced segments in order. The new segment has the base offset of the first and covers the offsets up to the end of the last.
/// </param>
internal sealed record CleanedSegment(string Path, long Length, IReadOnlyList<ClosedSegment> Replaces)
{
    public long BaseOffset => Replaces[0].BaseOffset;

    /// <summary>Exclusive.</summary>
    public long EndOffset => Replaces[^1].EndOffset;
}
