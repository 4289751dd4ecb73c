using Cdp.LocalKafka.Log;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Tests.Log;

/// <summary>Timestamps that a topic takes (KIP-937, defaults of KIP-1030), and what the clock has to do with flushing.</summary>
public sealed class TimestampTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly FakeTime _time = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(0, true)]
    [InlineData(3_600_000, true)]
    [InlineData(3_600_001, false)]
    [InlineData(-1_000_000_000, true)]
    public void Append_AheadOfTheClock_IsTakenUpToAnHour(long ahead, bool taken) =>
        Assert.Equal(Error(taken), Open(Batches.Settings(time: _time)).Append(Batches.Plain(timestamp: Now + ahead)).ErrorCode);

    [Theory]
    [InlineData(-5000, true)]
    [InlineData(-5001, false)]
    public void Append_BehindTheClock_IsTakenUpToTheTopicsBound(long behind, bool taken) => Assert.Equal(
        Error(taken), Open(Batches.Settings(time: _time) with { TimestampBeforeMaxMs = 5000 }).Append(Batches.Plain(timestamp: Now + behind)).ErrorCode);

    [Fact]
    public void Append_WithoutTimestampOrWithLogAppendTime_HasNoBounds()
    {
        Assert.Equal(ErrorCode.None, Open(Batches.Settings(time: _time) with { TimestampBeforeMaxMs = 1 }).Append(Batches.Plain(timestamp: -1)).ErrorCode);
        Assert.Equal(ErrorCode.None, Open(Batches.Settings(time: _time, logAppendTime: true)).Append(Batches.Plain(timestamp: Now * 2)).ErrorCode);
    }

    [Fact]
    public void Append_LargerThanASegment_IsRefused() =>
        Assert.Equal(ErrorCode.RecordListTooLarge, Open(Batches.Settings(segmentBytes: 500, time: _time)).Append(Batches.Plain(valueBytes: 600)).ErrorCode);

    [Fact]
    public void Append_FlushMessagesReached_IsOnTheDisk()
    {
        var log = Open(Batches.Settings(time: _time) with { FlushMessages = 5 });
        Assert.Equal([2L, 4, 0, 2], Enumerable.Range(0, 4).Select(_ => Appended(log, 2)));
    }

    [Fact]
    public void FlushIfDue_FlushMsPassed_IsOnTheDisk()
    {
        var log = Open(Batches.Settings(time: _time) with { FlushMs = 1000 });
        Assert.Equal(1, Appended(log, 1));
        _time.Advance(TimeSpan.FromMilliseconds(999));
        log.FlushIfDue();
        Assert.Equal(1, log.Unflushed);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        log.FlushIfDue();
        Assert.Equal(0, log.Unflushed);
    }

    private static ErrorCode Error(bool taken) => taken ? ErrorCode.None : ErrorCode.InvalidTimestamp;

    private static long Appended(PartitionLog log, int count)
    {
        log.Stored(Batches.Plain(count));
        return log.Unflushed;
    }

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private PartitionLog Open(LogSettings settings) => PartitionLog.Open(_directory.Path, 0, settings);
}
