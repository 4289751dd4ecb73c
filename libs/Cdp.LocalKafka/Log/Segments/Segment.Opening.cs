using System.Globalization;
using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Log.Configuration;
using Microsoft.Win32.SafeHandles;

namespace Cdp.LocalKafka.Log.Segments;

internal sealed partial class Segment
{
    public static long OffsetOf(string path) => long.Parse(Path.GetFileNameWithoutExtension(path), CultureInfo.InvariantCulture);

    public static Segment Create(string directory, long baseOffset, LogSettings settings)
    {
        var path = Path.Combine(directory, baseOffset.ToString("D20", CultureInfo.InvariantCulture) + Extension);
        var segment = new Segment(path, OpenFile(path, FileMode.Create), settings);
        try
        {
            segment._index.Clear();
            return segment;
        }
        catch
        {
            // Deleted, because the log continues in the previous segment: the next start would not see that segment's records at or after this base offset.
            segment.Dispose();
            File.Delete(path);
            throw;
        }
    }

    /// <summary>
    /// Opens a segment and visits every batch after <paramref name="known"/>. The last segment of a log is checked by CRC and truncated after its
    /// last intact batch, because a crash may have torn what followed. Earlier segments were flushed when they were full, so damage in them is an error.
    /// </summary>
    /// <param name="path">The segment's log file.</param>
    /// <param name="known">The part that a checkpoint covers. If it is empty, the indexes are rebuilt.</param>
    /// <param name="isLast">Whether this is the last segment of its log.</param>
    /// <param name="settings">The settings of the log.</param>
    /// <param name="visit">Called with the header and bytes of each batch. In earlier segments only control batches are read in full.</param>
    /// <exception cref="InvalidDataException">The segment is damaged and not the last one.</exception>
    public static Segment Open(string path, SegmentExtent? known, bool isLast, LogSettings settings, Action<BatchHeader, ReadOnlySpan<byte>> visit)
    {
        var segment = new Segment(path, OpenFile(path, FileMode.Open), settings);
        var size = RandomAccess.GetLength(segment._file);
        using var window = new FileWindow(segment._file, size);
        segment.Resume(known ?? segment.Extent, window);
        while (window.TryBatch(segment.Length, wholeBatch: isLast, out var header, out var bytes)
            && header.BaseOffset >= segment.NextOffset && (!isLast || header.ChecksumHolds(bytes)))
        {
            // Whether a marker is a commit or an abort is in its bytes. Markers are small, so they are read in full in every segment.
            if (header.IsControl && !isLast) window.TryBatch(segment.Length, wholeBatch: true, out header, out bytes);
            segment.Extend(header);
            visit(header, bytes);
        }

        if (!isLast)
        {
            if (segment.Length < size) throw segment.Damaged(segment.Length);
            segment.Seal();
        }
        else if (segment.Length < size) RandomAccess.SetLength(segment._file, segment.Length);
        return segment;
    }

    /// <summary>
    /// Opens a full segment that a checkpoint covers. Only the batches after the last index entry are read. If log and index do not end at the same
    /// batch, the headers of all batches are read.
    /// </summary>
    /// <exception cref="InvalidDataException">The log file is damaged.</exception>
    public static Segment OpenFull(string path, LogSettings settings)
    {
        var segment = new Segment(path, OpenFile(path, FileMode.Open), settings);
        var size = RandomAccess.GetLength(segment._file);
        segment._flushed = size;
        using var window = new FileWindow(segment._file, size, ScanBytes);
        if (window.TryBatch(0, wholeBatch: false, out var first, out _)) segment.FirstTimestamp = first.MaxTimestamp;
        if (segment._index.TryLoad(size, long.MaxValue))
        {
            var ((lastOffset, position), (timestamp, timestampOffset)) = (segment._index.Last, segment._index.LastTime);
            segment.Extent = new SegmentExtent(position, segment.BaseOffset, timestamp, timestampOffset);
            if (position == 0 || PointsToBatch(lastOffset, position, window)) segment.Walk(window, size);
        }
        if (segment.Length == size) return segment;
        segment.Extent = segment.Extent with { Length = size };
        segment.Reindex();
        segment._index.Seal(segment.Extent);
        return segment;
    }

    /// <summary>
    /// Opens a cleaned file that is not swapped in yet, under the name that it will have. Until <see cref="Seal"/> its indexes are in memory, about 32
    /// bytes for each <c>index.interval.bytes</c>, because the index files still belong to the replaced segments.
    /// </summary>
    /// <exception cref="InvalidDataException">The file does not contain what the cleaner wrote.</exception>
    public static Segment OpenCleaned(CleanedSegment cleaned, LogSettings settings)
    {
        var segment = new Segment(Path.ChangeExtension(cleaned.Path, Extension), OpenFile(cleaned.Path, FileMode.Open), settings);
        segment._flushed = cleaned.Length;
        using var window = new FileWindow(segment._file, cleaned.Length);
        segment.Walk(window, cleaned.Length);
        return segment.Length == cleaned.Length ? segment : throw segment.Damaged(segment.Length);
    }

    private void Resume(in SegmentExtent known, FileWindow window)
    {
        Extent = known;
        if (window.TryBatch(0, wholeBatch: false, out var first, out _) && known.Length > 0) FirstTimestamp = first.MaxTimestamp;
        if (known.Length > 0 && _index.TryLoad(known.Length, known.NextOffset))
        {
            var (lastOffset, position) = _index.Last;
            if (position == 0 || PointsToBatch(lastOffset, position, window)) return;
        }
        Reindex();
    }

    // Rebuilds the indexes from the batch headers, up to the segment's current length. If a header cannot be read, the segment keeps its length:
    // appends must not overwrite what follows the damage, and readers must not skip it.
    private void Reindex()
    {
        var known = Extent;
        try
        {
            _index.Clear();
            Extent = SegmentExtent.Empty(BaseOffset);
            using var window = new FileWindow(_file, known.Length);
            Walk(window, known.Length);
            if (Length != known.Length) throw Damaged(Length);
            known = Extent;
        }
        finally
        {
            Extent = known;
        }
    }

    private void Walk(FileWindow window, long until)
    {
        while (Length < until && window.TryBatch(Length, wholeBatch: false, out var header, out _) && header.BaseOffset >= NextOffset) Extend(header);
    }

    private InvalidDataException Damaged(long at) => new(
        $"{_path} is damaged at byte {at}, before the end of the log: restore the file, or delete the topic's directory");

    // Full sharing. Otherwise .NET takes an advisory lock, which would block a broker that is restarted in the same process.
    private static SafeFileHandle OpenFile(string path, FileMode mode) =>
        File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
}
