using Cdp.Streaming.Consuming;
using Confluent.Kafka;
using Xunit;

namespace Cdp.Streaming.Tests.Consuming;

public sealed class UncommittedEndsTests
{
    private static readonly TopicPartition A = new("t", 0);
    private static readonly TopicPartition B = new("t", 1);
    private static readonly Dictionary<TopicPartition, Offset> None = [];

    private readonly UncommittedEnds _ends = new();

    [Fact]
    public void Reached_EndAfterTheCommittedOffset_IsKeptUntilCommitted()
    {
        _ends.Committed(At(A, 10));
        _ends.Reached(At(A, 11));
        Assert.Equal([At(A, 11)], _ends.Except(None));
        _ends.Committed(At(A, 11));
        Assert.Empty(_ends.Except(None));
        Assert.Equal(0, _ends.Count);
    }

    [Fact]
    public void Reached_EndAtTheCommittedOffset_IsIgnored()
    {
        _ends.Committed(At(A, 10));
        _ends.Reached(At(A, 10));
        Assert.Equal(0, _ends.Count);
    }

    [Fact]
    public void Reached_NoCommittedOffset_IsIgnored()
    {
        _ends.Committed(At(A, Offset.Unset));
        _ends.Reached(At(A, 5));
        Assert.Equal(0, _ends.Count);
    }

    [Fact]
    public void Committed_LaterRecords_RemoveTheEnd()
    {
        _ends.Committed(At(A, 10));
        _ends.Reached(At(A, 11));
        _ends.Committed(At(A, 20));
        Assert.Equal(0, _ends.Count);
    }

    [Fact]
    public void Lost_Partition_IsForgotten()
    {
        _ends.Committed(At(A, 10));
        _ends.Committed(At(B, 10));
        _ends.Reached(At(A, 11));
        _ends.Reached(At(B, 12));
        _ends.Lost([A]);
        Assert.Equal([At(B, 12)], _ends.Except(None));
        // The partition is assigned again, and its committed offset is unknown.
        _ends.Reached(At(A, 11));
        Assert.Equal(1, _ends.Count);
    }

    [Fact]
    public void Except_PartitionOfTheBatch_IsLeftToTheBatch()
    {
        _ends.Committed(At(A, 10));
        _ends.Reached(At(A, 11));
        Assert.Empty(_ends.Except(new Dictionary<TopicPartition, Offset> { [A] = 14 }));
    }

    private static TopicPartitionOffset At(TopicPartition partition, Offset offset) => new(partition, offset);
}
