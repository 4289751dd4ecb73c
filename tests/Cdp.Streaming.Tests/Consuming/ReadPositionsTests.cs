using Cdp.Streaming.Consuming;
using Confluent.Kafka;
using Xunit;

namespace Cdp.Streaming.Tests.Consuming;

public sealed class ReadPositionsTests
{
    private static readonly TopicPartition P = new("t", 1);

    private readonly ReadPositions _positions = new();

    [Fact]
    public void Read_InOrderWithGaps_NeverGoesBack()
    {
        Assert.Null(_positions.Begin(P, 5));
        Assert.Null(_positions.Read(P, 5, isEnd: false));
        Assert.Equal(new Jump(6, 8), _positions.Read(P, 8, isEnd: false));
        Assert.Equal(new Jump(9, 10), _positions.Read(P, 10, isEnd: true));
        Assert.Null(_positions.Read(P, 10, isEnd: true));
        Assert.Null(_positions.Read(P, 10, isEnd: false));
        Assert.False(new Jump(9, 10).IsBack);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Read_BeforeTheCommittedOffset_IsBack(bool isEnd)
    {
        _positions.Begin(P, 1_000);
        Assert.Equal(new Jump(1_000, 20), _positions.Read(P, 20, isEnd));
        Assert.True(new Jump(1_000, 20).IsBack);
    }

    /// <summary>After the last record there are only markers and aborted records. After a failover a broker may report an end among them again.</summary>
    [Fact]
    public void Read_EarlierEndAfterTheLastRecord_IsNoJump()
    {
        _positions.Begin(P, 5);
        _positions.Read(P, 5, isEnd: false);
        _positions.Read(P, 10, isEnd: true);

        Assert.Null(_positions.Read(P, 8, isEnd: true));
        Assert.Null(_positions.Read(P, 6, isEnd: true));
        Assert.Equal(new Jump(10, 5), _positions.Read(P, 5, isEnd: true));
    }

    [Fact]
    public void Begin_AfterTheFirstRecords_ComparesTheFirst()
    {
        Assert.Null(_positions.Read(P, 0, isEnd: false));
        Assert.Null(_positions.Read(P, 1, isEnd: false));
        Assert.Equal(new Jump(1_000, 0), _positions.Begin(P, 1_000));
        Assert.Null(_positions.Read(P, 2, isEnd: false));
    }

    [Fact]
    public void Begin_NoCommittedOffset_AcceptsAnyOffset()
    {
        Assert.Null(_positions.Begin(P, Offset.Unset));
        Assert.Null(_positions.Read(P, 700, isEnd: false));
        Assert.Equal(new Jump(701, 3), _positions.Read(P, 3, isEnd: false));
    }

    [Fact]
    public void Begin_Twice_KeepsThePosition()
    {
        _positions.Begin(P, 5);
        _positions.Read(P, 5, isEnd: false);
        Assert.Null(_positions.Begin(P, 5));
        Assert.Null(_positions.Read(P, 6, isEnd: false));
    }

    [Fact]
    public void Read_AfterSeekOrLoss_StartsThere()
    {
        _positions.Begin(P, 5);
        _positions.Read(P, 5, isEnd: false);
        _positions.Seek(P, 5);
        Assert.Null(_positions.Read(P, 5, isEnd: false));
        _positions.Lost(P);
        Assert.Null(_positions.Read(P, 3, isEnd: false));
    }
}
