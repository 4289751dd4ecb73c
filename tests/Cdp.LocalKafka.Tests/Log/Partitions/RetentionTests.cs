using Cdp.LocalKafka.Log.Configuration;
using Cdp.LocalKafka.Log.Partitions;
using Cdp.LocalKafka.Log.Segments;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Serialization;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Log.Partitions;

/// <summary>Which segments are deleted, and what consumers can still read afterwards.</summary>
public sealed class RetentionTests : IDisposable
{
    private const long Hour = 3_600_000;
    private readonly TempDirectory _directory = new();
    private readonly FakeTime _time = new();

    public void Dispose() => _directory.Dispose();

    // Segments at 0, 10 and 20, of 100 bytes each, whose newest records have the timestamps 1000, 2000 and 3000.
    [Theory]
    [InlineData(-1, -1, 0, 99_000, 0)]
    [InlineData(500, -1, 0, 1500, 0)]
    [InlineData(500, -1, 0, 1501, 1)]
    [InlineData(500, -1, 0, 9000, 3)]
    [InlineData(-1, 300, 0, 0, 0)]
    [InlineData(-1, 201, 0, 0, 0)]
    [InlineData(-1, 200, 0, 0, 1)]
    [InlineData(-1, 0, 0, 0, 3)]
    [InlineData(-1, -1, 19, 0, 1)]
    [InlineData(-1, -1, 20, 0, 2)]
    [InlineData(-1, -1, 30, 0, 2)]
    [InlineData(500, 200, 10, 2600, 2)]
    public void Expired_ByTimeSizeAndStart_CountsTheOldestSegments(long retentionMs, long retentionBytes, long start, long now, int expected)
    {
        SegmentFacts[] segments = [new(0, 100, 1000), new(10, 100, 2000), new(20, 100, 3000)];
        Assert.Equal(expected, Retention.Expired(segments, start, Settings with { RetentionMs = retentionMs, RetentionBytes = retentionBytes }, now));
    }

    [Fact]
    public void Expired_PolicyWithoutDelete_CountsOnlySegmentsBeforeTheStart()
    {
        SegmentFacts[] segments = [new(0, 100, 1000), new(10, 100, 2000), new(20, 100, 3000)];
        Assert.Equal(1, Retention.Expired(segments, 10, Settings with { Delete = false, RetentionMs = 1, RetentionBytes = 0 }, 99_000));
    }

    [Fact]
    public void Expired_OldSegmentAfterAYoungOne_Stays()
    {
        SegmentFacts[] segments = [new(0, 100, 5000), new(10, 100, 1000), new(20, 0, 0)];
        Assert.Equal(0, Retention.Expired(segments, 0, Settings with { RetentionMs = 100 }, 4000));
        Assert.Equal(2, Retention.Expired(segments, 0, Settings with { RetentionMs = 100 }, 9000)); // never an empty last segment
    }

    [Fact]
    public void Expire_RecordsOlderThanRetentionMs_AreDeletedWithTheirFiles()
    {
        var log = Open(Settings with { SegmentBytes = 500, RetentionMs = Hour });
        for (var i = 0; i < 20; i++)
        {
            log.MustAppend(SampleBatches.Plain(timestamp: Now));
            _time.Advance(TimeSpan.FromMinutes(10));
        }
        log.Expire();

        Assert.InRange(log.StartOffset, 1, 14);
        Assert.Equal(ErrorCode.OffsetOutOfRange, log.Read(log.StartOffset - 1, 1000, wholeFirst: true, committedOnly: false).Error);
        Assert.Equal(log.StartOffset, log.Read(log.StartOffset, 1000, wholeFirst: true, committedOnly: false).Slice.Headers()[0].BaseOffset);
        Assert.Equal(log.StartOffset, log.FirstAt(0)!.Value.Offset);
        foreach (var extension in (string[])["log", "index", "timeindex"])
            Assert.Equal(log.StartOffset, Directory.GetFiles(_directory.Path, "*." + extension).Min(Segment.OffsetOf));
        Assert.Equal((log.StartOffset, 20), (Open(Settings).StartOffset, Open(Settings).HighWatermark));
    }

    [Fact]
    public void Expire_AllRecordsExpired_StartsAnEmptySegmentAtTheEnd()
    {
        var log = Open(Settings with { RetentionMs = Hour });
        for (var i = 0; i < 3; i++) log.MustAppend(SampleBatches.Of(7, 0, i, timestamp: Now));
        _time.Advance(TimeSpan.FromHours(2));
        log.Expire();
        log.Expire();

        Assert.Equal((3, 3), (log.StartOffset, log.HighWatermark));
        Assert.Equal([3L], Directory.GetFiles(_directory.Path, "*.log").Select(Segment.OffsetOf));
        var reopened = Open(Settings);
        Assert.Equal((3, 3), (reopened.StartOffset, reopened.HighWatermark));
        Assert.Equal(2, reopened.MustAppend(SampleBatches.Of(7, 0, 2, timestamp: Now))); // the producer's batches are deleted, its state is not (KIP-360)
        Assert.Equal(3, reopened.MustAppend(SampleBatches.Of(7, 0, 3, timestamp: Now)));
    }

    [Fact]
    public void Expire_SegmentBeingSent_KeepsItsBytes()
    {
        var log = Open(Settings with { RetentionMs = Hour });
        log.MustAppend(SampleBatches.Plain(timestamp: Now));
        var slice = log.Read(0, 1000, wholeFirst: true, committedOnly: false).Slice;
        var before = slice.Bytes();
        _time.Advance(TimeSpan.FromHours(2));
        log.Expire();
        GC.Collect();
        GC.WaitForPendingFinalizers();

        Assert.Equal([1L], Directory.GetFiles(_directory.Path, "*.log").Select(Segment.OffsetOf));
        Assert.Equal(before, slice.Bytes());
    }

    [Fact]
    public void Expire_AbortedTransactionsInDeletedSegments_AreForgotten()
    {
        var log = Open(Settings with { SegmentBytes = 200, RetentionBytes = 400 });
        for (var i = 0; i < 10; i++)
        {
            log.MustAppend(SampleBatches.Of(1, 0, i, transactional: true, timestamp: Now));
            log.AppendMarker(1, 0, commit: false, coordinatorEpoch: 0);
        }
        log.Expire();
        log.Close(flush: true);

        var start = new CheckpointFile(_directory.Path).Read()!;
        Assert.True(start.StartOffset > 0);
        Assert.All(start.Aborted, aborted => Assert.True(aborted.LastOffset >= start.StartOffset));
        var read = Open(Settings).Read(start.StartOffset, 10, wholeFirst: true, committedOnly: true);
        Assert.Contains(read.Aborted!, aborted => aborted.LastOffset >= start.StartOffset);
    }

    /// <summary>On a full disk the checkpoint cannot be written until something is deleted.</summary>
    [Fact]
    public void Expire_CheckpointCannotBeWritten_StillFreesSpace()
    {
        var log = Open(Settings with { SegmentBytes = 500, RetentionBytes = 1000 });
        for (var i = 0; i < 20; i++) log.MustAppend(SampleBatches.Of(7, 0, i, timestamp: Now));
        var obstacle = Directory.CreateDirectory(Path.Combine(_directory.Path, "checkpoint.next"));
        Assert.ThrowsAny<Exception>(log.Expire);
        obstacle.Delete();

        Assert.True(log.StartOffset > 0);
        Assert.Equal(log.StartOffset, Directory.GetFiles(_directory.Path, "*.log").Min(Segment.OffsetOf));
        var reopened = Open(Settings);
        Assert.Equal((log.StartOffset, 20), (reopened.StartOffset, reopened.HighWatermark));
        Assert.Equal(19, reopened.MustAppend(SampleBatches.Of(7, 0, 19, timestamp: Now)));
    }

    /// <summary>
    /// The file of a segment that could not be created would become the log's last one at the next start, and hide later records of the segment before it.
    /// </summary>
    [Fact]
    public void Expire_NewSegmentCannotBeCreated_LaterRecordsAreNotLost()
    {
        var log = Open(Settings with { RetentionMs = Hour });
        log.MustAppend(SampleBatches.Plain(timestamp: Now));
        _time.Advance(TimeSpan.FromHours(2));
        var obstacle = Directory.CreateDirectory(Path.Combine(_directory.Path, "00000000000000000001.index"));
        Assert.ThrowsAny<Exception>(log.Expire);
        obstacle.Delete();

        for (var i = 1; i < 4; i++) Assert.Equal(i, log.MustAppend(SampleBatches.Plain(timestamp: Now)));
        Assert.Equal(4, Open(Settings).HighWatermark);
    }

    [Fact]
    public async Task Expire_ConcurrentReadersAndAppends_EveryReaderGetsItsBytes()
    {
        var log = Open(Settings with { SegmentBytes = 5000, RetentionBytes = 20_000 });
        using var done = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 3).Select(seed => Task.Run(
            () =>
            {
                var (random, held) = (new Random(seed), new Queue<(long Offset, FileSlice Slice)>());
                while (!done.IsCancellationRequested)
                {
                    var offset = random.NextInt64(log.StartOffset, log.HighWatermark + 1);
                    var read = log.Read(offset, 3000, wholeFirst: true, committedOnly: random.Next(2) == 0);
                    if (read.Slice.Length == 0) continue; // at the end, or overtaken by retention
                    held.Enqueue((offset, read.Slice));
                    if (held.Count < 20) continue;
                    var (wanted, slice) = held.Dequeue();
                    var first = slice.Headers()[0];
                    Assert.True(first.BaseOffset <= wanted && first.LastOffset >= wanted && first.ChecksumHolds(slice.Bytes().AsSpan(0, first.Bytes)));
                }
            },
            TestContext.Current.CancellationToken)).ToList();
        for (var i = 0; i < 3000; i++)
        {
            log.MustAppend(SampleBatches.Of(1, 0, i * 2, count: 2, timestamp: Now));
            if (i % 50 == 0) log.Expire();
            if (i % 70 == 0) log.SaveIfGrown(byAtLeast: 0);
            if (i % 500 == 499) Assert.Equal(ErrorCode.None, log.DeleteRecords(log.HighWatermark - 20).Error);
        }
        await done.CancelAsync();
        await Task.WhenAll(readers);
        Assert.InRange(log.HighWatermark - log.StartOffset, 20, 600);
    }

    [Fact]
    public void Append_LaterThanSegmentMs_RollsByRecordTimestamps()
    {
        var log = Open(Settings with { SegmentMs = 1000 });
        foreach (var timestamp in (long[])[5000, 5500, 6000, 6001, 5000, 7002]) log.MustAppend(SampleBatches.Plain(timestamp: timestamp));
        Assert.Equal([0L, 3, 5], Directory.GetFiles(_directory.Path, "*.log").Select(Segment.OffsetOf).Order());
    }

    [Fact]
    public void Append_SegmentMsWithoutTimestamps_RollsByTheClock()
    {
        var log = Open(Settings with { SegmentMs = 1000 });
        log.MustAppend(SampleBatches.Plain(timestamp: -1));
        log.MustAppend(SampleBatches.Plain(timestamp: -1));
        _time.Advance(TimeSpan.FromMilliseconds(1001));
        log.MustAppend(SampleBatches.Plain(timestamp: -1));
        Assert.Equal([0L, 2], Directory.GetFiles(_directory.Path, "*.log").Select(Segment.OffsetOf).Order());
    }

    private LogSettings Settings => SampleBatches.Settings(time: _time);

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private PartitionLog Open(LogSettings settings) => PartitionLog.Open(_directory.Path, 0, settings);
}
