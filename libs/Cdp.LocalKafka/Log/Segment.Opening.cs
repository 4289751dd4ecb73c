using System.Globalization;
using Cdp.LocalKafka.Log.Compaction;
using Microsoft.Win32.SafeHandles;

namespace Cdp.LocalKafka.Log;

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
            // The log goes on in the segment before, whose records the next start would not see behind the first offset of this one.
            segment.Dispose();
            File.Delete(path);
            throw;
        }
    }

    /// <summary>
    /// Opens a file and reports every batch behind what is <paramref name="known"/> of it. The last segment of a log is checked by CRC and
    /// cut behind its last whole batch, for a crash may have torn what followed; earlier ones were flushed when they were full, so damage
    /// there is refused.
    /// </summary>
    /// <param name="known">A checkpoint's word; at the file's begin, the indexes are made anew.</param>
    /// <exception cref="InvalidDataException">A segment that is not the last is damaged.</exception>
    public static Segment Open(string path, SegmentExtent? known, bool isLast, LogSettings settings, Action<BatchHeader, ReadOnlySpan<byte>> visit)
    {
        var segment = new Segment(path, OpenFile(path, FileMode.Open), settings);
        var size = RandomAccess.GetLength(segment._file);
        using var window = new FileWindow(segment._file, size);
        segment.Resume(known ?? segment.Extent, window);
        while (window.TryBatch(segment.Length, wholeBatch: isLast, out var header, out var bytes)
            && header.BaseOffset >= segment.NextOffset && (!isLast || header.ChecksumHolds(bytes)))
        {
            // A marker's bytes tell commit from abort; it is small, so it is read whole in any segment.
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
    /// Opens a full segment whose batches a checkpoint covers. Of its log only what lies behind the last index entry is read, which
    /// tells whether log and index end alike; if not, all heads are.
    /// </summary>
    /// <exception cref="InvalidDataException">The log is damaged.</exception>
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
            if (position == 0 || Leads(lastOffset, position, window)) segment.Walk(window, size);
        }
        if (segment.Length == size) return segment;
        segment.Extent = segment.Extent with { Length = size };
        segment.Reindex();
        segment._index.Seal(segment.Extent);
        return segment;
    }

    /// <summary>
    /// Opens a cleaned file that is still to be swapped in, under the name it will have then. Its indexes are in memory, some 32 bytes for each
    /// <c>index.interval.bytes</c>, until <see cref="Seal"/>: their files are those of the segments that it replaces as long as these are there.
    /// </summary>
    /// <exception cref="InvalidDataException">The file does not hold what the cleaner wrote.</exception>
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
            if (position == 0 || Leads(lastOffset, position, window)) return;
        }
        Reindex();
    }

    // Makes the indexes anew from the heads of the batches, up to the segment's present length. If not all of them can be read, the segment
    // still reaches as far as before: appends must not go over what is behind the damage, nor readers past it.
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
        $"{_path} is damaged at byte {at}, and more of the log follows: restore the file, or delete the topic's directory");

    // Sharing everything: .NET would otherwise take an advisory lock that a broker restarted in the same process meets.
    private static SafeFileHandle OpenFile(string path, FileMode mode) =>
        File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
}
