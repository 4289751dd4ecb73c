using Cdp.Streaming.Observability;
using Confluent.Kafka;
using Xunit;

namespace Cdp.Streaming.Tests.Observability;

public sealed class LagTests
{
    private static readonly DateTime Noon = new(2026, 1, 1, 12, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void Seconds_NothingCommittedSince_Grows()
    {
        var lag = Of(5, Noon.AddSeconds(-3));
        Assert.Equal(3, lag.Seconds(Noon, lastCommit: Noon.AddSeconds(-60)));
        Assert.Equal(603, lag.Seconds(Noon.AddMinutes(10), lastCommit: Noon.AddSeconds(-60)));
    }

    [Fact]
    public void Seconds_CommittedSince_StaysAsObserved() =>
        Assert.Equal(3, Of(5, Noon.AddSeconds(-3)).Seconds(Noon.AddSeconds(9), lastCommit: Noon.AddSeconds(8)));

    [Fact]
    public void Seconds_NoUncommittedRecord_IsZero() => Assert.Equal(0, Of(0, null).Seconds(Noon.AddHours(1), Noon.AddHours(-1)));

    [Fact]
    public void Seconds_RecordFromTheFuture_IsZero() => Assert.Equal(0, Of(1, Noon.AddHours(1)).Seconds(Noon, Noon.AddHours(-1)));

    [Fact]
    public void Summary_SeveralPartitions_NamesAllRecordsAndTheOldest()
    {
        Assert.Equal("lag: 7 records, 4.5 s", Lag.Summary([Of(5, Noon.AddSeconds(-3)), Of(2, Noon.AddSeconds(-4.5)), Of(0, null)], Noon, Noon.AddSeconds(-60)));
        Assert.Equal("", Lag.Summary([Of(0, null)], Noon, Noon));
        Assert.Equal("", Lag.Summary([], Noon, Noon));
    }

    private static Lag Of(long records, DateTime? oldest) => new(new TopicPartition("t", 0), records, oldest, Noon);
}
