using Cdp.LocalKafka.Tests.Support;
using Confluent.Kafka;

namespace Cdp.LocalKafka.Tests.Conformance.Groups;

/// <summary>Static membership (KIP-345): a named member may leave and return without a rebalance, and each name belongs to one member.</summary>
[Trait("tier", "integration")]
public sealed class StaticMemberTests(KafkaFixture kafka)
{
    [Fact]
    public async Task Rejoin_WithinTheSession_KeepsThePartitionsWithoutARebalance()
    {
        var (topic, group) = (await kafka.Topic(4), kafka.Name("g"));
        var seen = new Rebalances();
        using var stays = Static(group, "a", seen);
        stays.Subscribe(topic);
        List<TopicPartition> before;
        int rebalances;
        using (var goes = Static(group, "b"))
        {
            goes.Subscribe(topic);
            Wait.Polling(() => stays.Assignment.Count == 2 && goes.Assignment.Count == 2, stays, goes);
            (before, rebalances) = (goes.Assignment, seen.Count);
        }

        using var back = Static(group, "b");
        back.Subscribe(topic);
        Wait.Polling(() => back.Assignment.Count == 2, stays, back);
        Assert.Equal(before.Order(TopicPartitionOrder.ByPartition), back.Assignment.Order(TopicPartitionOrder.ByPartition));
        Assert.Equal(rebalances, seen.Count);
    }

    [Fact]
    public async Task Session_StaticMemberAbsentForTooLong_ItsPartitionsAreReassigned()
    {
        var (topic, group) = (await kafka.Topic(2), kafka.Name("g"));
        using var stays = Static(group, "a");
        stays.Subscribe(topic);
        using (var goes = Static(group, "b"))
        {
            goes.Subscribe(topic);
            Wait.Polling(() => stays.Assignment.Count == 1 && goes.Assignment.Count == 1, stays, goes);
        }
        Wait.Polling(() => stays.Assignment.Count == 2, stays);
    }

    [Fact]
    public async Task Join_SameInstanceId_FencesTheFirstMember()
    {
        var (topic, group) = (await kafka.Topic(2), kafka.Name("g"));
        var seen = new Rebalances();
        using var first = Static(group, "a", seen);
        first.Subscribe(topic);
        Wait.Polling(() => first.Assignment.Count == 2, first);
        using var second = Static(group, "a");
        second.Subscribe(topic);
        Wait.Polling(() => second.Assignment.Count == 2, second);

        await Wait.Until(() => Task.FromResult(Fenced(first) || seen.Errors.Any(IsFenced)), "the first is told that it is fenced");
    }

    private static bool Fenced(IConsumer<string?, string?> consumer)
    {
        try
        {
            consumer.Consume(TimeSpan.FromMilliseconds(20));
            return false;
        }
        catch (KafkaException e)
        {
            return IsFenced(e.Error);
        }
    }

    private static bool IsFenced(Error error) => error.IsFatal && error.Code is ErrorCode.FencedInstanceId or ErrorCode.Local_Fatal;

    private IConsumer<string?, string?> Static(string group, string name, Rebalances? seen = null) =>
        Client.Consumer(kafka.Bootstrap, group, configure: config => config.GroupInstanceId = name, rebalances: seen);
}
