using Cdp.LocalKafka.Log.Compaction;

namespace Cdp.LocalKafka.Log;

/// <summary>How a log finds its state again. Callers of the private parts hold the log's lock.</summary>
internal sealed partial class PartitionLog
{
    // How much of a log is read again at most after a crash, but for what is appended between two rounds of maintenance.
    private const long CheckpointEveryBytes = 4 << 20;

    private readonly CheckpointFile _checkpoint;
    private (long Start, long Segment, long Length)? _saved;

    /// <summary>
    /// Opens the log in <paramref name="directory"/>, or begins it. Producers and transactions come from the checkpoint and from the batches
    /// behind it. A checkpoint that is missing or damaged, or that tells of more than the log holds (the power failed and took what was not yet
    /// on the disk), makes it read all of the log, and costs nothing else.
    /// </summary>
    /// <exception cref="InvalidDataException">A segment is damaged at a place that no crash damages; the message names it.</exception>
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

        // A checkpoint that is ahead of the log must not stay: the log may grow to its length again, with other batches.
        if (saved is not null && known is null) log.Save();
        return log;
    }

    /// <summary>
    /// Writes a checkpoint, when the log grew enough to make it worth while. The disk is waited for without the log's lock, but for what is
    /// appended meanwhile.
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

    // What a checkpoint covers must be on the disk before it, for the covered part is not checked again. It covers nothing while cleaned
    // segments are swapped in: which of the aborted transactions are to be forgotten then depends on how far that gets.
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
            // The records are safe; without a checkpoint the next start reads them.
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

        // The log does not reach to its start any more: all that is left of it was deleted before (Kafka's LogLoader does the same).
        foreach (var segment in _segments) segment.Delete();
        _segments.Clear();
        _producers.Clear();
        _transactions.Clear();
        _segments.Add(Segment.Create(_directory, start, _settings));
    }

    private static bool Holds(string path, LogCheckpoint checkpoint) =>
        Segment.OffsetOf(path) == checkpoint.Segment && new FileInfo(path).Length >= checkpoint.Extent.Length;

    // In order; and without the indexes of segments whose log a crash had deleted before them.
    private static List<string> SegmentPaths(string directory)
    {
        foreach (var index in (string[])[.. Directory.GetFiles(directory, "*.index"), .. Directory.GetFiles(directory, "*.timeindex")])
            if (!File.Exists(Path.ChangeExtension(index, Segment.Extension))) File.Delete(index);
        return [.. Directory.GetFiles(directory, "*" + Segment.Extension).Order(StringComparer.Ordinal)];
    }
}
