using Cdp.Streaming.Consuming;
using Confluent.Kafka;
using Xunit;

namespace Cdp.Streaming.Tests.Consuming;

public sealed class CoPartitioningTests
{
    [Theory]
    [InlineData("", true), InlineData("a0 b0", true), InlineData("b1 a0 a1 b0", true), InlineData("a0", false), InlineData("a0 a1 b0", false)]
    [InlineData("a0 b1", false)]
    public void Mismatch_Assignment_IsNullOnlyForEqualNumbers(string assignment, bool isGood)
    {
        var partitions = assignment.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(
            partition => new TopicPartition(partition[..1], partition[1] - '0'));
        Assert.Equal(isGood, CoPartitioning.Mismatch(["a", "b"], partitions) is null);
    }

    [Fact]
    public void Mismatch_Message_NamesTopicsPartitionsAndRemedy()
    {
        var message = CoPartitioning.Mismatch(["a", "b"], [new("a", 2), new("a", 1), new("b", 1)]);
        Assert.Contains("a [1,2], b [1]", message, StringComparison.Ordinal);
        Assert.Contains("same number of partitions", message, StringComparison.Ordinal);
    }
}
