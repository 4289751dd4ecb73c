using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Log.Compaction;
using Cdp.LocalKafka.Log.Configuration;
using Cdp.LocalKafka.Log.Partitions;
using Cdp.LocalKafka.Log.Producers;
using Cdp.LocalKafka.Log.Segments;
using Cdp.LocalKafka.Tests.Support;
using Microsoft.Win32.SafeHandles;

namespace Cdp.LocalKafka.Tests.Log.Compaction;

/// <summary>A log with random writes and cleanings, which remembers everything that was ever committed to it.</summary>
internal sealed class LogScenario : IDisposable
{
    private const int SegmentBytes = 700;
    private TempDirectory _directory = new(inMemory: true);
    private readonly FakeTime _time = new();
    private readonly Random _random;
    private readonly Dictionary<long, (byte[] Bytes, long Offset)> _lastBatches = [];
    private readonly Dictionary<long, int> _sequences = [];
    private readonly Dictionary<long, List<ReadRecord>> _open = [];
    private readonly SortedDictionary<long, ReadRecord> _committed = [];
    private int _values;

    public LogScenario(int seed)
    {
        _random = new Random(seed);
        Log = Open();
    }

    public PartitionLog Log { get; private set; }
    public long DeleteRetentionMs { get; init; }
    public long FirstDirty { get; private set; }
    public long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>All records committed up to the last stable offset.</summary>
    public IEnumerable<ReadRecord> Committed => _committed.Values.Where(record => record.Offset < Log.LastStableOffset);

    public void Dispose()
    {
        Log.Close(flush: false);
        _directory.Dispose();
    }

    public void Advance(long ms) => _time.Advance(TimeSpan.FromMilliseconds(ms));

    public void Append()
    {
        switch (_random.Next(10))
        {
            case < 4:
                foreach (var record in Write(-1, transactional: false)) _committed.Add(record.Offset, record);
                break;
            case < 6:
                foreach (var record in Write(_random.Next(1, 3), transactional: false)) _committed.Add(record.Offset, record);
                break;
            case < 9:
                var producer = _random.Next(11, 14);
                if (!_open.TryGetValue(producer, out var records)) _open.Add(producer, records = []);
                records.AddRange(Write(producer, transactional: true));
                break;
            default:
                if (_open.Count > 0) End(_open.Keys.ElementAt(_random.Next(_open.Count)), commit: _random.Next(2) == 0);
                break;
        }
    }

    public void EndAll()
    {
        foreach (var producer in _open.Keys.ToList()) End(producer, commit: _random.Next(2) == 0);
    }

    /// <summary>Cleans what may be cleaned and reopens the log, sometimes after a crash in the middle of the swap.</summary>
    public void Clean(int maxKeys = 1000, long minLagMs = 0, bool crash = false)
    {
        var aborted = Aborted();
        var (paths, segments, files) = Closed();
        var log = new LogShape(Log.StartOffset, Log.LastStableOffset, Log.HighWatermark, Shapes(paths, segments));
        var cleanable = Cleanability.Of(log, FirstDirty, new CleaningSettings(0, minLagMs, long.MaxValue), Now);
        var job = new CleaningJob
        {
            Directory = _directory.Path,
            Segments = [.. segments.Where(segment => segment.BaseOffset < cleanable.UpperBound)],
            FirstDirty = FirstDirty,
            Aborted = aborted,
            Producers = _lastBatches.ToDictionary(last => last.Key, last => new LastRecord(last.Value.Offset, 0)),
            SegmentBytes = 3 * SegmentBytes,
            DeleteRetentionMs = DeleteRetentionMs,
            Now = Now,
            MaxKeys = maxKeys,
        };
        CleaningResult result;
        var before = (Log.HighWatermark, Log.LastStableOffset, Log.StartOffset);
        Log.Close(flush: false);
        try
        {
            result = Cleaner.Clean(job, CancellationToken.None);
            Assert.InRange(result.FirstDirty, FirstDirty, Math.Max(FirstDirty, cleanable.UpperBound));
            FirstDirty = result.FirstDirty;
            var steps = result.Segments.SelectMany(cleaned => SegmentSwap.Plan(_directory.Path, cleaned)).ToList();
            steps.Take(crash ? _random.Next(steps.Count + 1) : steps.Count).Run();
            SegmentSwap.PlanRecovery(_directory.Path).Run();
        }
        finally
        {
            foreach (var file in files) file.Dispose();
        }
        File.Delete(Path.Combine(_directory.Path, "checkpoint")); // the checkpoint lists aborted transactions that are no longer known
        Log = Open();
        Assert.Equal(before, (Log.HighWatermark, Log.LastStableOffset, Log.StartOffset));
        if (!crash) CheckAborts(aborted, result);
        Assert.DoesNotContain(
            Directory.GetFiles(_directory.Path),
            path => path.EndsWith(SegmentSwap.CleanedExtension, StringComparison.Ordinal)
                || path.EndsWith(SegmentSwap.SwapExtension, StringComparison.Ordinal));
    }

    /// <summary>
    /// Cleans the open log as the broker does. <paramref name="died"/> receives the files that a restart would find after each step of the swap,
    /// including the last.
    /// </summary>
    public void CleanOpen(long minLagMs = 0, Action<TempDirectory>? died = null)
    {
        CleanOpen(
            step =>
            {
                if (died is not null) died(Image());
                step.Run();
                if (died is not null && step.Target is not null) died(Image());
            },
            minLagMs);
        died?.Invoke(Image());
    }

    /// <summary>Cleans the open log; returns false when the file operation numbered <paramref name="failing"/>, counted from 0, fails in the swap.</summary>
    public bool CleanOpen(int failing)
    {
        var steps = 0;
        try
        {
            CleanOpen(
                step =>
                {
                    if (steps++ == failing) throw new IOException("the disk");
                    step.Run();
                },
                minLagMs: 0);
        }
        catch (IOException)
        {
            Log.Configure(Settings);
        }
        return steps <= failing;
    }

    private void CleanOpen(Action<SwapStep> run, long minLagMs)
    {
        var before = (Log.HighWatermark, Log.LastStableOffset, Log.StartOffset);
        Log.Configure(
            Settings with
            {
                SegmentBytes = 3 * SegmentBytes,
                DeleteRetentionMs = DeleteRetentionMs,
                Cleaning = new CleaningSettings(0, minLagMs, long.MaxValue),
            });
        Log.Clean(run, CancellationToken.None);
        Log.Configure(Settings);
        Assert.Equal(before, (Log.HighWatermark, Log.LastStableOffset, Log.StartOffset));
    }

    /// <summary>Continues with the files that a crash left behind, or with the scenario's own files if there was no crash.</summary>
    public void Restart(TempDirectory? image, bool flush = false)
    {
        var before = (Log.HighWatermark, Log.LastStableOffset, Log.StartOffset);
        Log.Close(flush);
        if (image is not null)
        {
            _directory.Dispose();
            _directory = image;
        }
        Log = Open();
        Assert.Equal(before, (Log.HighWatermark, Log.LastStableOffset, Log.StartOffset));
    }

    private TempDirectory Image()
    {
        var image = new TempDirectory(inMemory: true);
        foreach (var file in Directory.GetFiles(_directory.Path)) File.Copy(file, Path.Combine(image.Path, Path.GetFileName(file)));
        return image;
    }

    // The aborted transactions that an open log keeps: their markers must exist, and they must include all that are found by reading the whole log again.
    private void CheckAborts(List<AbortedTransaction> aborted, CleaningResult result)
    {
        var kept = aborted.Where(
            transaction => transaction.LastOffset >= result.CleanedUntil).Concat(result.KeptAborts).ToDictionary(transaction => transaction.LastOffset);
        Assert.All(kept.Keys, marker => Assert.Equal(marker, Log.Read(marker, 1, wholeFirst: true, committedOnly: false).Slice.Headers()[0].LastOffset));
        Assert.All(Aborted(), found => Assert.Equal(found.ProducerId, kept[found.LastOffset].ProducerId));
    }

    /// <summary>Cleans as if the whole log were dirty.</summary>
    public void CleanAgain()
    {
        FirstDirty = 0;
        Clean();
    }

    /// <summary>What must hold for the log after any cleaning.</summary>
    public void Check()
    {
        var read = Log.ReadCommitted(0, _random.Next(1, 3000));
        Assert.All(read.Zip(read.Skip(1)), pair => Assert.True(pair.First.Offset < pair.Second.Offset));
        Assert.All(read, record => Assert.Equal(_committed.GetValueOrDefault(record.Offset), record));
        Assert.Equal(CommittedReader.Fold(Committed), CommittedReader.Fold(read));
        // A producer's last batch is recognised as a duplicate and its next one is accepted, so its state has survived.
        foreach (var (bytes, offset) in _lastBatches.Values) Assert.Equal(offset, Log.Append(bytes).BaseOffset + Last(bytes));
    }

    public byte[] Files() => [.. Directory.GetFiles(_directory.Path, "*.log").Order(StringComparer.Ordinal).SelectMany(File.ReadAllBytes)];

    private List<ReadRecord> Write(long producer, bool transactional)
    {
        var records = Enumerable.Range(0, _random.Next(1, 5)).Select(
            _ => new TestRecord($"k{_random.Next(12)}", _random.Next(4) == 0 ? null : $"v{_values++}", Now - _random.Next(5))).ToList();
        var sequence = producer < 0 ? -1 : _sequences.GetValueOrDefault(producer);
        var batch = TestBatch.Of((Codec)_random.Next(5), 0, records, producer, epoch: 0, sequence, transactional);
        var offset = Log.MustAppend(batch);
        if (producer >= 0)
        {
            _sequences[producer] = sequence + records.Count;
            _lastBatches[producer] = (batch, offset + records.Count - 1);
        }
        return [.. records.Select((record, i) => new ReadRecord(offset + i, record.Timestamp, record.Key, record.Value))];
    }

    private void End(long producer, bool commit)
    {
        Log.AppendMarker(producer, 0, commit, coordinatorEpoch: 0);
        Assert.True(_open.Remove(producer, out var records));
        if (!commit) return;
        foreach (var record in records) _committed.Add(record.Offset, record);
    }

    private List<AbortedTransaction> Aborted()
    {
        var aborted = new HashSet<AbortedTransaction>();
        var offset = Log.StartOffset;
        while (Log.Read(offset, int.MaxValue, wholeFirst: true, committedOnly: true) is { Slice.Length: > 0 } read)
        {
            aborted.UnionWith(read.Aborted!);
            offset = read.Slice.Headers()[^1].LastOffset + 1;
        }
        return [.. aborted];
    }

    private (string[] Paths, List<ClosedSegment> Segments, List<SafeFileHandle> Files) Closed()
    {
        var paths = Directory.GetFiles(_directory.Path, "*.log").Order(StringComparer.Ordinal).ToArray();
        var bases = paths.Select(path => long.Parse(Path.GetFileNameWithoutExtension(path), System.Globalization.CultureInfo.InvariantCulture)).ToList();
        var files = paths.SkipLast(1).Select(path => File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete)).ToList();
        return (paths, [.. files.Select((file, i) => new ClosedSegment(file, RandomAccess.GetLength(file), bases[i], bases[i + 1]))], files);
    }

    private List<SegmentShape> Shapes(string[] paths, List<ClosedSegment> closed)
    {
        var shapes = closed.ConvertAll(segment =>
        {
            var (first, max) = (-1L, -1L);
            using var window = new FileWindow(segment.File, segment.Length);
            for (var at = 0L; window.TryBatch(at, wholeBatch: false, out var header, out _); at += header.Bytes)
            {
                if (at == 0) first = header.MaxTimestamp;
                max = Math.Max(max, header.MaxTimestamp);
            }
            return new SegmentShape(segment.BaseOffset, segment.EndOffset, segment.Length, first, max);
        });
        var active = closed.Count == 0 ? 0 : closed[^1].EndOffset;
        return [.. shapes, new SegmentShape(active, Log.HighWatermark, new FileInfo(paths[^1]).Length, -1, -1)];
    }

    private PartitionLog Open() => PartitionLog.Open(_directory.Path, 0, Settings);

    private LogSettings Settings => SampleBatches.Settings(SegmentBytes, _time) with { Compact = true };

    private static int Last(byte[] batch) => BatchHeader.TryRead(batch, out var header) ? header.LastOffsetDelta : -1;
}
