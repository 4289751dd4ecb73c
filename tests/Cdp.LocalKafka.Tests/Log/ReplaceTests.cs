using Cdp.LocalKafka.Log;

namespace Cdp.LocalKafka.Tests.Log;

/// <summary>Segments that are exchanged under an open log: here two are put together, which changes nothing for readers.</summary>
public sealed class ReplaceTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Replace_TwoSegmentsByOne_ReadersSeeTheSameAndOldSlicesStayReadable()
    {
        var log = Filled();
        var (before, held) = (Offsets(log), log.Read(0, 10_000, wholeFirst: true, committedOnly: false).Slice);
        var bytes = held.Bytes();
        var segments = Segments;
        log.Replace(() => Merge(segments), Segment.OffsetOf(segments[2]), []);

        Assert.Equal(segments.Count - 1, Segments.Count);
        Assert.Equal(before, Offsets(log));
        Assert.Equal(bytes, held.Bytes());
        Assert.Equal(before, Offsets(Open()));
        log.Stored(Batches.Plain());
        Assert.Equal(log.HighWatermark, Open().HighWatermark);
    }

    [Fact]
    public void Replace_SegmentLeftEmptyAndTheOneBeforeCutShort_ReadersGoOnBehindTheGap()
    {
        var log = Filled();
        var segments = Segments;
        var first = Offsets(log)[1];
        log.Replace(
            () =>
            {
                BatchHeader.TryRead(File.ReadAllBytes(segments[0]), out var head);
                File.WriteAllBytes(segments[0], File.ReadAllBytes(segments[0])[..head.Bytes]);
                File.WriteAllBytes(segments[1], []);
                foreach (var segment in segments.Take(2)) File.Delete(Path.ChangeExtension(segment, "index"));
            },
            Segment.OffsetOf(segments[2]), []);
        foreach (var reader in (PartitionLog[])[log, Open()])
            for (var offset = first; offset < Segment.OffsetOf(segments[2]); offset++)
                Assert.Equal(Segment.OffsetOf(segments[2]), reader.Read(offset, 1, wholeFirst: true, committedOnly: false).Slice.Headers()[0].BaseOffset);
        Assert.Equal(Segment.OffsetOf(segments[2]), log.Records(first).First().Offset);
    }

    [Fact]
    public void Replace_MarkersCleanedAway_TheirTransactionsAreToldToNobody()
    {
        var log = Filled();
        var segments = Segments;
        var kept = Aborted(log)[1];
        var until = Segment.OffsetOf(segments[2]);
        var later = Aborted(log).Where(aborted => aborted.LastOffset >= until);
        log.Replace(() => Merge(segments), until, [kept]);

        Assert.Equal([kept, .. later], Aborted(log));
        Assert.Equal([kept, .. later], Aborted(Open()));
    }

    [Fact]
    public void Replace_DiedInTheMidst_TheNextStartReadsTheLogAndKeepsItsStart()
    {
        var log = Filled();
        log.DeleteRecords(1);
        var before = Aborted(log);
        Assert.Throws<IOException>(() => log.Replace(() => throw new IOException("the disk"), Segment.OffsetOf(Segments[2]), []));
        Assert.Equal(before, Aborted(log));

        Assert.Equal((1, log.HighWatermark), (Open().StartOffset, Open().HighWatermark));
        Assert.Equal(before, Aborted(Open())); // from the markers in the log
    }

    private static void Merge(List<string> segments)
    {
        File.WriteAllBytes(segments[0] + ".new", [.. File.ReadAllBytes(segments[0]), .. File.ReadAllBytes(segments[1])]);
        foreach (var extension in (string[])["log", "index", "timeindex"])
            foreach (var segment in segments.Take(2)) File.Delete(Path.ChangeExtension(segment, extension));
        File.Move(segments[0] + ".new", segments[0]);
    }

    private static List<long> Offsets(PartitionLog log) =>
        [.. Enumerable.Range(0, (int)log.HighWatermark).Select(offset => log.Read(offset, 1, wholeFirst: true, committedOnly: false).Slice.Headers()[0].BaseOffset)];

    private static List<AbortedTransaction> Aborted(PartitionLog log) => [.. Enumerable.Range((int)log.StartOffset, (int)(log.HighWatermark - log.StartOffset))
        .SelectMany(offset => log.Read(offset, 1, wholeFirst: true, committedOnly: true).Aborted!).Distinct().OrderBy(aborted => aborted.LastOffset)];

    private PartitionLog Filled()
    {
        var log = Open();
        for (var i = 0; i < 12; i++)
        {
            log.Stored(Batches.Of(1, 0, i, transactional: true));
            log.AppendMarker(1, 0, commit: false, coordinatorEpoch: 0);
        }
        Assert.True(Segments.Count > 3);
        return log;
    }

    private List<string> Segments => [.. Directory.GetFiles(_directory.Path, "*.log").Order(StringComparer.Ordinal)];

    private PartitionLog Open() => PartitionLog.Open(_directory.Path, 0, Batches.Settings(segmentBytes: 400));
}
