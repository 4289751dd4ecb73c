using Cdp.LocalKafka.Log.Configuration;
using Cdp.LocalKafka.Log.Partitions;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Log.Validation;

/// <summary>The timestamps that a topic accepts (KIP-937, defaults of KIP-1030), and how the clock affects flushing.</summary>
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
    public void Append_TimestampInTheFuture_IsAcceptedUpToOneHour(long ahead, bool taken) =>
        Assert.Equal(Error(taken), Open(SampleBatches.Settings(time: _time)).Append(SampleBatches.Plain(timestamp: Now + ahead)).ErrorCode);

    [Theory]
    [InlineData(-5000, true)]
    [InlineData(-5001, false)]
    public void Append_TimestampInThePast_IsAcceptedUpToTheTopicsBound(long behind, bool taken) => Assert.Equal(
        Error(taken), Open(
            SampleBatches.Settings(time: _time) with { TimestampBeforeMaxMs = 5000 }).Append(SampleBatches.Plain(timestamp: Now + behind)).ErrorCode);

    [Fact]
    public void Append_NoTimestampOrLogAppendTime_HasNoBounds()
    {
        Assert.Equal(
            ErrorCode.None, Open(SampleBatches.Settings(time: _time) with { TimestampBeforeMaxMs = 1 }).Append(SampleBatches.Plain(timestamp: -1)).ErrorCode);
        Assert.Equal(ErrorCode.None, Open(SampleBatches.Settings(time: _time, logAppendTime: true)).Append(SampleBatches.Plain(timestamp: Now * 2)).ErrorCode);
    }

    [Fact]
    public void Append_LargerThanASegment_IsRefused() =>
        Assert.Equal(
            ErrorCode.RecordListTooLarge, Open(SampleBatches.Settings(segmentBytes: 500, time: _time)).Append(SampleBatches.Plain(valueBytes: 600)).ErrorCode);

    [Fact]
    public void Append_FlushMessagesReached_IsFlushed()
    {
        var log = Open(SampleBatches.Settings(time: _time) with { FlushMessages = 5 });
        Assert.Equal([2L, 4, 0, 2], Enumerable.Range(0, 4).Select(_ => Appended(log, 2)));
    }

    [Fact]
    public void FlushIfDue_FlushMsPassed_IsFlushed()
    {
        var log = Open(SampleBatches.Settings(time: _time) with { FlushMs = 1000 });
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
        log.MustAppend(SampleBatches.Plain(count));
        return log.Unflushed;
    }

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private PartitionLog Open(LogSettings settings) => PartitionLog.Open(_directory.Path, 0, settings);
}
