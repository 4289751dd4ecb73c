using Cdp.LocalKafka.Tests.Support;
using Confluent.Kafka;

namespace Cdp.LocalKafka.Tests.Conformance.Groups;

/// <summary>Members of a group join, leave and die; the partitions are always divided among the live members.</summary>
[Trait("tier", "integration")]
public sealed class GroupTests(KafkaFixture kafka)
{
    [Theory]
    [InlineData(PartitionAssignmentStrategy.Range)]
    [InlineData(PartitionAssignmentStrategy.RoundRobin)]
    [InlineData(PartitionAssignmentStrategy.CooperativeSticky)]
    public async Task Subscribe_TwoMembers_ShareThePartitionsUntilOneLeaves(PartitionAssignmentStrategy strategy)
    {
        var (topic, group) = (await kafka.Topic(4), kafka.Name("g"));
        using var first = Client.Consumer(kafka.Bootstrap, group, configure: config => config.PartitionAssignmentStrategy = strategy);
        using var second = Client.Consumer(kafka.Bootstrap, group, configure: config => config.PartitionAssignmentStrategy = strategy);
        first.Subscribe(topic);
        Wait.Polling(() => first.Assignment.Count == 4, first);

        second.Subscribe(topic);
        Wait.Polling(() => first.Assignment.Count == 2 && second.Assignment.Count == 2, first, second);
        Assert.Empty(first.Assignment.Intersect(second.Assignment));

        second.Close();
        Wait.Polling(() => first.Assignment.Count == 4, first);
    }

    [Fact]
    public async Task Subscribe_NewMember_ContinuesFromTheCommittedOffset()
    {
        var (topic, group) = (await kafka.Topic(), kafka.Name("g"));
        using (var producer = Client.Producer(kafka.Bootstrap))
            foreach (var i in Enumerable.Range(0, 10)) await producer.Send(topic, Client.Message($"{i}"));

        using (var first = Client.Consumer(kafka.Bootstrap, group))
        {
            first.Subscribe(topic);
            for (var i = 0; i < 4; i++) first.Commit(first.Consume(Client.Limit));
            first.Close();
        }

        using var second = Client.Consumer(kafka.Bootstrap, group);
        second.Subscribe(topic);
        Assert.Equal("4", second.Consume(Client.Limit)?.Message?.Value);
        var committed = second.Committed([new TopicPartition(topic, 0)], Client.Limit)[0].Offset;
        Assert.Equal((4, 6), (committed.Value, second.QueryWatermarkOffsets(new TopicPartition(topic, 0), Client.Limit).High - committed));
    }

    [Fact]
    public async Task Committed_AfterCommits_ReturnsTheLastOneOrUnset()
    {
        var (topic, group) = (await kafka.Topic(2), kafka.Name("g"));
        using var consumer = Client.Consumer(kafka.Bootstrap, group);
        consumer.Assign(new TopicPartition(topic, 0));
        consumer.Commit([new TopicPartitionOffset(topic, 0, 7)]);
        Assert.Equal(
            [new Offset(7), Offset.Unset],
            consumer.Committed([new TopicPartition(topic, 0), new TopicPartition(topic, 1)], Client.Limit).Select(partition => partition.Offset));
        consumer.Commit([new TopicPartitionOffset(topic, 0, 3)]); // moving back is allowed
        Assert.Equal(3, consumer.Committed([new TopicPartition(topic, 0)], Client.Limit)[0].Offset.Value);
    }

    /// <summary>A member disposed without Close sends nothing, like one whose process was killed.</summary>
    [Fact]
    public async Task Session_MemberDies_ItsPartitionsAreReassigned()
    {
        var (topic, group) = (await kafka.Topic(2), kafka.Name("g"));
        using var first = Client.Consumer(kafka.Bootstrap, group);
        first.Subscribe(topic);
        Wait.Polling(() => first.Assignment.Count == 2, first);
        using (var second = Client.Consumer(kafka.Bootstrap, group))
        {
            second.Subscribe(topic);
            Wait.Polling(() => first.Assignment.Count == 1 && second.Assignment.Count == 1, first, second);
        }
        Wait.Polling(() => first.Assignment.Count == 2, first);
    }

    /// <summary>KIP-429: a member that keeps a partition through a rebalance never has to give it up in between.</summary>
    [Fact]
    public async Task Subscribe_CooperativeMemberJoins_RevokesOnlyWhatItGets()
    {
        var (topic, group) = (await kafka.Topic(6), kafka.Name("g"));
        var (seenByFirst, seenBySecond) = (new Rebalances(), new Rebalances());
        void Cooperative(ConsumerConfig config) => config.PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky;
        using var first = Client.Consumer(kafka.Bootstrap, group, configure: Cooperative, rebalances: seenByFirst);
        first.Subscribe(topic);
        Wait.Polling(() => first.Assignment.Count == 6, first);
        using var second = Client.Consumer(kafka.Bootstrap, group, configure: Cooperative, rebalances: seenBySecond);
        second.Subscribe(topic);
        Wait.Polling(() => first.Assignment.Count == 3 && second.Assignment.Count == 3, first, second);

        Assert.Equal(second.Assignment.Order(TopicPartitionOrder.ByPartition), seenByFirst.Revoked.Order(TopicPartitionOrder.ByPartition));
        Assert.Equal(6, seenByFirst.Assigned.Count);
        Assert.Empty(seenBySecond.Revoked);

        second.Close();
        Wait.Polling(() => first.Assignment.Count == 6, first);
        Assert.Equal(3, seenByFirst.Revoked.Count);
    }

    [Fact]
    public async Task Subscribe_ChangedSubscription_ChangesTheAssignment()
    {
        var (one, other, group) = (await kafka.Topic(2), await kafka.Topic(3), kafka.Name("g"));
        using var consumer = Client.Consumer(kafka.Bootstrap, group);
        consumer.Subscribe(one);
        Wait.Polling(() => consumer.Assignment.Count == 2, consumer);
        consumer.Subscribe([one, other]);
        Wait.Polling(() => consumer.Assignment.Count == 5, consumer);
        consumer.Subscribe(other);
        Wait.Polling(() => consumer.Assignment.Count == 3 && consumer.Assignment.All(partition => partition.Topic == other), consumer);
    }
}

internal sealed class TopicPartitionOrder : IComparer<TopicPartition>
{
    public static readonly TopicPartitionOrder ByPartition = new();

    public int Compare(TopicPartition? one, TopicPartition? other) => one!.Partition.Value.CompareTo(other!.Partition.Value);
}
