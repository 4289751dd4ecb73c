using Cdp.LocalKafka.Log.Partitions;
using Cdp.LocalKafka.Log.Segments;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Log.Partitions;

/// <summary>Moving the start of a log (KIP-107), each case also after the process died.</summary>
public sealed class DeleteRecordsTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void DeleteRecords_InTheMiddle_BecomesTheStartOffset(bool died)
    {
        var log = Filled();
        Assert.Equal((ErrorCode.None, 25), log.DeleteRecords(25));
        if (died) log = Open();

        Assert.Equal((25, 40), (log.StartOffset, log.HighWatermark));
        Assert.Equal(ErrorCode.OffsetOutOfRange, log.Read(24, 1000, wholeFirst: true, committedOnly: false).Error);
        var read = log.Read(25, 1000, wholeFirst: true, committedOnly: false);
        Assert.Equal((24, 25), (read.Slice.Headers()[0].BaseOffset, read.StartOffset)); // batches are not cut; the consumer skips
        Assert.Equal((25, 1024), log.FirstAt(0));
        Assert.Equal((25, 1024), log.FirstAt(1024));
        Assert.InRange(Directory.GetFiles(_directory.Path, "*.log").Min(Segment.OffsetOf), 2, 25);
    }

    [Fact]
    public void Open_CrashBeforeFilesWereDeleted_KeepsTheNewStartAndDeletesThem()
    {
        var log = Filled();
        var files = Directory.GetFiles(_directory.Path).ToDictionary(path => path, File.ReadAllBytes);
        log.DeleteRecords(25);
        foreach (var (path, bytes) in files)
            if (!File.Exists(path)) File.WriteAllBytes(path, bytes);

        log = Open();
        Assert.Equal((25, 40, ErrorCode.OffsetOutOfRange), (log.StartOffset, log.HighWatermark, log.Read(3, 10, wholeFirst: true, committedOnly: false).Error));
        Assert.Contains(Directory.GetFiles(_directory.Path, "*.log"), path => Segment.OffsetOf(path) == 0);
        log.Configure(SampleBatches.Settings() with { RetentionMs = -1 });
        log.Expire();
        Assert.InRange(Directory.GetFiles(_directory.Path, "*.log").Min(Segment.OffsetOf), 2, 25);
    }

    [Theory]
    [InlineData(-1, true, 40)]
    [InlineData(40, true, 40)]
    [InlineData(41, false, -1)]
    [InlineData(-2, false, -1)]
    [InlineData(10, true, 20)] // never back
    public void DeleteRecords_AnyOffset_RespondsAsKafkaDoes(long before, bool inRange, long start)
    {
        var log = Filled();
        log.DeleteRecords(20);
        Assert.Equal((inRange ? ErrorCode.None : ErrorCode.OffsetOutOfRange, start), log.DeleteRecords(before));
    }

    [Fact]
    public void DeleteRecords_PolicyWithoutDelete_IsAPolicyViolation()
    {
        var log = Filled();
        log.Configure(SampleBatches.Settings() with { Delete = false });
        Assert.Equal((ErrorCode.PolicyViolation, -1), log.DeleteRecords(5));
        Assert.Equal(0, log.StartOffset);
    }

    [Fact]
    public void DeleteRecords_InsideAnOpenTransaction_LastStableOffsetIsTheStart()
    {
        var log = Open();
        log.MustAppend(SampleBatches.Plain(2));
        log.MustAppend(SampleBatches.Of(1, 0, 0, transactional: true)); // 2
        log.MustAppend(SampleBatches.Plain(3)); // 3 to 5
        log.DeleteRecords(4);
        log = Open();

        Assert.Equal((4, 4, 6), (log.StartOffset, log.LastStableOffset, log.HighWatermark));
        log.AppendMarker(1, 0, commit: false, coordinatorEpoch: 0);
        Assert.Equal(7, log.LastStableOffset);
        Assert.Equal([1L], log.Read(4, 1000, wholeFirst: true, committedOnly: true).Aborted!.Select(aborted => aborted.ProducerId));
    }

    [Fact]
    public void Open_StartOffsetBeyondTheEndAfterAPowerFailure_StartsThere()
    {
        var log = Filled();
        log.DeleteRecords(-1);
        log.Close(flush: true);
        foreach (var path in Directory.GetFiles(_directory.Path, "*.log")) File.WriteAllBytes(path, File.ReadAllBytes(path)[..^1]);

        log = Open();
        Assert.Equal((40, 40), (log.StartOffset, log.HighWatermark));
        Assert.Equal(40, log.MustAppend(SampleBatches.Plain()));
        Assert.Equal(41, Open().HighWatermark);
    }

    // Two records per batch, both with the timestamp 1000 + the offset of the first one.
    private PartitionLog Filled()
    {
        var log = Open();
        for (var i = 0; i < 20; i++) log.MustAppend(SampleBatches.Plain(2, timestamp: 1000 + (2 * i)));
        return log;
    }

    private PartitionLog Open() => PartitionLog.Open(_directory.Path, 0, SampleBatches.Settings(segmentBytes: 500));
}
