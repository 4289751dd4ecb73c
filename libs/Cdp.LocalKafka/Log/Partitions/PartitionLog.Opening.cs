using Cdp.LocalKafka.Log.Configuration;
using Cdp.LocalKafka.Log.Producers;
using Cdp.LocalKafka.Log.Segments;

namespace Cdp.LocalKafka.Log.Partitions;

/// <summary>How a log restores its state when it is opened. Callers of the private members hold the log's lock.</summary>
internal sealed partial class PartitionLog
{
    // The most data that is read again after a crash, apart from what was appended between two maintenance rounds.
    private const long CheckpointEveryBytes = 4 << 20;

    private readonly CheckpointFile _checkpoint;
    private (long Start, long Segment, long Length)? _saved;

    /// <summary>
    /// Opens the log in <paramref name="directory"/>, or creates it. Producers and transactions are restored from the checkpoint and the batches
    /// after it. If the checkpoint is missing or damaged, or is ahead of the log because a power failure lost unflushed records, the whole log is
    /// read instead; nothing else is lost.
    /// </summary>
    /// <exception cref="InvalidDataException">A segment is damaged where no crash can have damaged it. The message names the file.</exception>
    public static PartitionLog Open(string directory, int partition, LogSettings settings)
    {
        Directory.CreateDirectory(directory);
        SegmentSwap.PlanRecovery(directory).Run();
        var log = new PartitionLog(directory, partition, settings);
        var paths = SegmentPaths(directory);
        var saved = log._checkpoint.Read();
        var known = saved is not null && paths.Exists(path => Holds(path, saved)) ? saved : null;
        if (known is not null) log.Restore(known);
        foreach (var path in paths)
        {
            var offset = Segment.OffsetOf(path);
            log._segments.Add(offset < known?.Segment
                ? Segment.OpenFull(path, settings)
                : Segment.Open(path, offset == known?.Segment ? known.Extent : null, isLast: path == paths[^1], settings, log.Replay));
        }
        log._firstDirty = saved?.FirstDirty;
        log.StartAt(saved?.StartOffset ?? 0);

        // A checkpoint that is ahead of the log must be replaced: the log may grow to the same length again, with other batches.
        if (saved is not null && known is null) log.Save();
        return log;
    }

    /// <summary>
    /// Writes a checkpoint if the log has grown by at least <paramref name="byAtLeast"/> bytes since the last one. The log's lock is not held during
    /// the flush, except for what is appended meanwhile.
    /// </summary>
    public void SaveIfGrown(long byAtLeast = CheckpointEveryBytes)
    {
        Segment active;
        lock (_lock)
        {
            if (_closed) return;
            active = Active;
            var unsaved = _saved?.Segment == active.BaseOffset ? active.Length - _saved.Value.Length : _segments.Sum(segment => segment.Length);
            if (unsaved < byAtLeast) return;
        }
        active.Flush();
        lock (_lock)
            if (!_closed) Save();
    }

    // Records covered by a checkpoint must be on disk first, because they are not checked again. While cleaned segments are swapped in, the
    // checkpoint covers nothing: which aborted transactions to forget then depends on how far the swap gets.
    private void Save()
    {
        if (!_swapping && _saved == (_start, Active.BaseOffset, Active.Length)) return;
        Active.Flush();
        Active.WriteIndex();
        var segment = _swapping ? LogCheckpoint.Nowhere : Active.BaseOffset;
        _checkpoint.Write(new LogCheckpoint(_start, _firstDirty, segment, Active.Extent, Producers, _transactions.Aborted));
        _saved = (_start, segment, Active.Length);
    }

    private void SaveAtEnd()
    {
        Active.Flush();
        try
        {
            Save();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The records are safe. Without a checkpoint the next start reads them.
        }
    }

    private void Restore(LogCheckpoint checkpoint)
    {
        foreach (var producer in checkpoint.Producers)
        {
            _producers.Add(producer.ProducerId, ProducerState.FromSnapshot(producer));
            if (producer.TransactionStart is { } start) _transactions.Open(producer.ProducerId, start);
        }
        _transactions.Restore(checkpoint.Aborted);
        _saved = (checkpoint.StartOffset, checkpoint.Segment, checkpoint.Extent.Length);
    }

    private void StartAt(long start)
    {
        _start = start;
        if (_segments.Count > 0 && start <= End)
        {
            _start = Math.Max(start, _segments[0].BaseOffset);
            return;
        }

        // The log ends before its start offset, so all remaining data had already been deleted (Kafka's LogLoader does the same).
        foreach (var segment in _segments) segment.Delete();
        _segments.Clear();
        _producers.Clear();
        _transactions.Clear();
        _segments.Add(Segment.Create(_directory, start, _settings));
    }

    private static bool Holds(string path, LogCheckpoint checkpoint) =>
        Segment.OffsetOf(path) == checkpoint.Segment && new FileInfo(path).Length >= checkpoint.Extent.Length;

    // In order. Deletes indexes whose log file is missing because a crash interrupted the deletion of the segment.
    private static List<string> SegmentPaths(string directory)
    {
        foreach (var index in (string[])[.. Directory.GetFiles(directory, "*.index"), .. Directory.GetFiles(directory, "*.timeindex")])
            if (!File.Exists(Path.ChangeExtension(index, Segment.Extension))) File.Delete(index);
        return [.. Directory.GetFiles(directory, "*" + Segment.Extension).Order(StringComparer.Ordinal)];
    }
}
