using System.Globalization;
using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Log.Compaction;
using Cdp.LocalKafka.Log.Partitions;
using Cdp.LocalKafka.Log.Producers;
using Cdp.LocalKafka.Log.Segments;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Log.Compaction;

/// <summary>The cleaner's rules one by one, on segments that the tests build. Each batch is written directly after the previous one.</summary>
public sealed class CleanerTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly List<(long Offset, List<byte[]> Batches)> _segments = [(0, [])];
    private readonly Dictionary<long, LastRecord> _producers = [];
    private readonly List<AbortedTransaction> _aborted = [];
    private long _end;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Clean_KeyWrittenAgain_KeepsTheLastRecordAtItsOffset()
    {
        Write(("a", "1"), ("b", "1"), ("a", "2"));
        Roll();
        Write(("b", "2"), ("c", "1"));
        var batches = Batches(Clean());
        Assert.Equal([(2, "a", "2"), (3, "b", "2"), (4, "c", "1")], Records(batches));
        Assert.Equal([(0, 2), (3, 4)], batches.Select(batch => (batch.Header.BaseOffset, batch.Header.LastOffset)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Clean_BatchThatLosesNothing_IsUnchanged(bool compressed)
    {
        var batch = Write(compressed ? Codec.Zstd : Codec.None, ("a", "1"), ("b", "1"));
        Assert.Equal(batch, Assert.Single(Batches(Clean())).Bytes);
    }

    [Fact]
    public void Clean_Tombstone_StaysUntilTheDeleteHorizonSetByTheFirstCleaning()
    {
        Write(("a", "1"));
        Write(("a", null), ("b", "1"));
        var first = Clean(now: 1000, retention: 100);
        var (header, _) = Assert.Single(Batches(first));
        Assert.Equal((1100, 1100), (header.DeleteHorizon, header.BaseTimestamp));
        Assert.Equal([(1, "a", null), (2, "b", "1")], Records(Batches(first)));
        Assert.Equal([7, 7], BatchRecords.Read(header, Batches(first)[0].Bytes).Select(record => record.Timestamp));

        Assert.Equal(Batches(first)[0].Bytes, Batches(Again(first, now: 1099))[0].Bytes);
        Assert.Equal([(2, "b", "1")], Records(Batches(Again(first, now: 1100))));
    }

    [Fact]
    public void Clean_EmptiedBatch_IsKeptForItsProducersLastSequence()
    {
        Write(("a", "1"), producer: 5, sequence: 40);
        Write(("a", "2"));
        _producers[5] = new LastRecord(0, 0);
        var batch = Batches(Clean())[0].Header;
        Assert.Equal((0, 5, 40, 0), (batch.Count, batch.ProducerId, batch.LastSequence, batch.LastOffset));

        _producers.Clear();
        Assert.Single(Batches(Clean()));
    }

    [Fact]
    public void Clean_LastBatchBeforeTheUpperBound_IsKeptForItsOffsets()
    {
        Write(("a", "1"));
        Write((null, "keyless"));
        var batches = Batches(Clean());
        Assert.Equal((1, 0), (batches[^1].Header.LastOffset, batches[^1].Header.Count));
    }

    [Fact]
    public void Clean_AbortedTransaction_LosesItsRecordsFirstAndItsMarkerLater()
    {
        Write(("a", "1"));
        Write(("a", "2"), producer: 5, sequence: 0, transactional: true);
        Mark(5, commit: false);
        _aborted.Add(new AbortedTransaction(5, 1, 2, 3));
        Write(("z", "1"));

        var first = Clean(now: 1000, retention: 100, out var result);
        Assert.Equal([(0, "a", "1"), (3, "z", "1")], Records(Batches(first)));
        Assert.Equal(_aborted, result.KeptAborts);
        Assert.Null(Marker(first)!.Value.DeleteHorizon);

        var second = Again(first, now: 1000, out result);
        Assert.Equal(1100, Marker(second)!.Value.DeleteHorizon);
        Assert.Empty(result.KeptAborts);
        Assert.NotNull(Marker(Again(second, now: 1099)));
        Assert.Null(Marker(Again(second, now: 1100)));
    }

    [Fact]
    public void Clean_CommitMarker_StaysWhileItsTransactionHasRecords()
    {
        Write(("a", "1"), producer: 5, sequence: 0, transactional: true);
        Mark(5, commit: true);
        Write(("z", "1"));
        var cleaned = Again(Again(Clean(now: 0), now: 10_000), now: 20_000);
        Assert.Equal([(0, "a", "1"), (2, "z", "1")], Records(Batches(cleaned)));
        Assert.Null(Marker(cleaned)!.Value.DeleteHorizon);
    }

    [Fact]
    public void Clean_MarkerWithAProducersEpoch_IsKeptWithoutItsRecord()
    {
        Write(("z", "1"));
        Mark(5, commit: true);
        Write(("y", "1"));
        _producers[5] = new LastRecord(null, 0);
        var cleaned = Again(Clean(now: 0), now: 10_000);
        Assert.Equal((0, 1, 5), (Marker(cleaned)!.Value.Count, Marker(cleaned)!.Value.LastOffset, Marker(cleaned)!.Value.ProducerId));

        File.WriteAllBytes(Path.Combine(_directory.Path, $"{0:D20}.log"), cleaned);
        Assert.Equal(_end, PartitionLog.Open(_directory.Path, 0, SampleBatches.Settings()).LastStableOffset);
    }

    [Fact]
    public void Clean_MoreKeysThanTheMapHolds_ContinuesNextTime()
    {
        for (var i = 0; i < 6; i++) Write(($"k{i % 3}", $"{i}"));
        Write((null, "keyless"));
        var bytes = Clean(maxKeys: 2, result: out var result);
        Assert.Equal(2, result.FirstDirty);
        Assert.Equal(7, Records(Batches(bytes)).Count());
        Assert.Equal(["3", "4", "5"], Records(Batches(Clean(maxKeys: 3, result: out result))).Select(record => record.Item3));
        Assert.Equal(7, result.FirstDirty);
    }

    [Fact]
    public void Clean_TombstoneNotCoveredByTheMap_GetsNoDeleteHorizonYet()
    {
        Write(("a", "1"));
        var behind = Write(Codec.None, ("b", null));
        Assert.Equal(behind, Batches(Clean(maxKeys: 1, result: out _))[1].Bytes);
    }

    [Fact]
    public void Clean_DamagedSegment_IsRefusedAndLeavesNothingBehind()
    {
        Write(("a", "1"), ("b", "1"));
        _segments[0].Batches[0][BatchHeader.Size] = 0xff;
        Assert.Throws<InvalidDataException>(() => Clean());
        Assert.Empty(Directory.GetFiles(_directory.Path, "*" + SegmentSwap.CleanedExtension));
    }

    [Fact]
    public void Clean_SmallAdjacentSegments_AreMergedUpToTheSegmentSize()
    {
        for (var i = 0; i < 5; i++)
        {
            Write(($"k{i}", "1"));
            Roll();
        }
        _segments.RemoveAt(5);
        var one = _segments[0].Batches[0].Length;
        Clean(segmentBytes: 2 * one, result: out var result);
        Assert.Equal([[0, 1], [2, 3], [4]], result.Segments.Select(segment => segment.Replaces.Select(replaced => (int)replaced.BaseOffset).ToArray()));
        Assert.Equal([2 * one, 2 * one, one], result.Segments.Select(segment => (int)segment.Length));
    }

    private void Roll() => _segments.Add((_end, []));

    private void Write(params (string?, string?)[] records) => Write(Codec.None, records);

    private void Write((string?, string?) record, long producer, int sequence, bool transactional = false) =>
        Write(Codec.Gzip, [record], producer, sequence, transactional);

    private byte[] Write(Codec codec, params (string?, string?)[] records) => Write(codec, records, -1, -1, false);

    private byte[] Write(Codec codec, (string? Key, string? Value)[] records, long producer, int sequence, bool transactional)
    {
        var batch = TestBatch.Of(codec, _end, [.. records.Select(record => new TestRecord(record.Key, record.Value, 7))], producer, 0, sequence, transactional);
        _segments[^1].Batches.Add(batch);
        _end += records.Length;
        return batch;
    }

    private void Mark(long producer, bool commit) => _segments[^1].Batches.Add(BatchBuilder.Marker(commit, 0, _end++, 7, producer, 0));

    private byte[] Clean(long now = 0, long retention = 100) => Clean(now, retention, out _);

    private byte[] Clean(long now, long retention, out CleaningResult result) => Clean(out result, now, retention);

    private byte[] Clean(int maxKeys, out CleaningResult result) => Clean(out result, maxKeys: maxKeys);

    private byte[] Clean(long segmentBytes, out CleaningResult result) => Clean(out result, segmentBytes: segmentBytes);

    // All files that one cleaning writes, joined in order.
    private byte[] Clean(out CleaningResult result, long now = 0, long retention = 100, int maxKeys = 1000, long segmentBytes = 1 << 20)
    {
        var files = _segments.ConvertAll(segment =>
        {
            var path = Path.Combine(_directory.Path, segment.Offset.ToString("D20", CultureInfo.InvariantCulture) + ".log");
            File.WriteAllBytes(path, [.. segment.Batches.SelectMany(batch => batch)]);
            return File.OpenHandle(path);
        });
        try
        {
            result = Cleaner.Clean(new CleaningJob
            {
                Directory = _directory.Path,
                Segments =
                [
                    .. files.Select(
                        (file, i) => new ClosedSegment(
                            file, RandomAccess.GetLength(file), _segments[i].Offset, i + 1 < files.Count ? _segments[i + 1].Offset : _end)),
                ],
                FirstDirty = 0,
                Aborted = _aborted,
                Producers = _producers,
                SegmentBytes = segmentBytes,
                DeleteRetentionMs = retention,
                Now = now,
                MaxKeys = maxKeys,
            }, CancellationToken.None);
        }
        finally
        {
            foreach (var file in files) file.Dispose();
        }
        return [.. result.Segments.SelectMany(segment => File.ReadAllBytes(segment.Path))];
    }

    private byte[] Again(byte[] cleaned, long now) => Again(cleaned, now, out _);

    private byte[] Again(byte[] cleaned, long now, out CleaningResult result)
    {
        _segments.Clear();
        _segments.Add((0, [cleaned]));
        return Clean(now, 100, out result);
    }

    private static List<(BatchHeader Header, byte[] Bytes)> Batches(byte[] file)
    {
        var batches = new List<(BatchHeader, byte[])>();
        for (var at = 0; at < file.Length; at += batches[^1].Item2.Length)
        {
            Assert.True(BatchHeader.TryRead(file.AsSpan(at), out var header));
            batches.Add((header, file[at..(at + header.Bytes)]));
            Assert.True(header.ChecksumHolds(batches[^1].Item2));
        }
        return batches;
    }

    private static IEnumerable<(int, string?, string?)> Records(List<(BatchHeader Header, byte[] Bytes)> batches) =>
        batches.Where(batch => !batch.Header.IsControl)
        .SelectMany(batch => BatchRecords.Read(batch.Header, batch.Bytes)).Select(
            record => ((int)record.Offset, TestBatch.Text(record.Key), TestBatch.Text(record.Value)));

    private static BatchHeader? Marker(byte[] file) =>
        Batches(file).Where(batch => batch.Header.IsControl).Select(batch => (BatchHeader?)batch.Header).SingleOrDefault();
}
