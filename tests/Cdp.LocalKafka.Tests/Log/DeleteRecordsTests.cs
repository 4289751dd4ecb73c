using Cdp.LocalKafka.Log;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Tests.Log;

/// <summary>The start of a log moved by hand (KIP-107), each story also after the process died.</summary>
public sealed class DeleteRecordsTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void DeleteRecords_InTheMiddle_IsTheFirstOffsetToRead(bool died)
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

    [Theory]
    [InlineData(-1, true, 40)]
    [InlineData(40, true, 40)]
    [InlineData(41, false, -1)]
    [InlineData(-2, false, -1)]
    [InlineData(10, true, 20)] // never back
    public void DeleteRecords_AnyOffset_IsAnsweredAsKafkaDoes(long before, bool inRange, long start)
    {
        var log = Filled();
        log.DeleteRecords(20);
        Assert.Equal((inRange ? ErrorCode.None : ErrorCode.OffsetOutOfRange, start), log.DeleteRecords(before));
    }

    [Fact]
    public void DeleteRecords_PolicyWithoutDelete_IsAgainstThePolicy()
    {
        var log = Filled();
        log.Configure(Batches.Settings() with { Delete = false });
        Assert.Equal((ErrorCode.PolicyViolation, -1), log.DeleteRecords(5));
        Assert.Equal(0, log.StartOffset);
    }

    [Fact]
    public void DeleteRecords_PastAnOpenTransactionsBegin_HoldsReadersAtTheStart()
    {
        var log = Open();
        log.Stored(Batches.Plain(2));
        log.Stored(Batches.Of(1, 0, 0, transactional: true)); // 2
        log.Stored(Batches.Plain(3)); // 3 to 5
        log.DeleteRecords(4);
        log = Open();

        Assert.Equal((4, 4, 6), (log.StartOffset, log.LastStableOffset, log.HighWatermark));
        log.AppendMarker(1, 0, commit: false, coordinatorEpoch: 0);
        Assert.Equal(7, log.LastStableOffset);
        Assert.Equal([1L], log.Read(4, 1000, wholeFirst: true, committedOnly: true).Aborted!.Select(aborted => aborted.ProducerId));
    }

    [Fact]
    public void Open_StartBehindTheEndThatAPowerCutLeft_BeginsThere()
    {
        var log = Filled();
        log.DeleteRecords(-1);
        log.Close(flush: true);
        foreach (var path in Directory.GetFiles(_directory.Path, "*.log")) File.WriteAllBytes(path, File.ReadAllBytes(path)[..^1]);

        log = Open();
        Assert.Equal((40, 40), (log.StartOffset, log.HighWatermark));
        Assert.Equal(40, log.Stored(Batches.Plain()));
        Assert.Equal(41, Open().HighWatermark);
    }

    // Two records a batch, both of the time 1000 + the first one's offset.
    private PartitionLog Filled()
    {
        var log = Open();
        for (var i = 0; i < 20; i++) log.Stored(Batches.Plain(2, timestamp: 1000 + (2 * i)));
        return log;
    }

    private PartitionLog Open() => PartitionLog.Open(_directory.Path, 0, Batches.Settings(segmentBytes: 500));
}
