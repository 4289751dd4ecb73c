using Confluent.Kafka;

namespace Cdp.LocalKafka.Tests.Conformance;

public sealed class GroupTests(KafkaFixture kafka)
{
    [Theory]
    [InlineData(PartitionAssignmentStrategy.Range)]
    [InlineData(PartitionAssignmentStrategy.CooperativeSticky)]
    public async Task TwoMembers_ShareThePartitions_AndOneInheritsWhenTheOtherLeaves(PartitionAssignmentStrategy strategy)
    {
        var (topic, group) = (await kafka.Topic(4), kafka.Name("g"));
        using var first = Client.Consumer(kafka.Bootstrap, group, configure: config => config.PartitionAssignmentStrategy = strategy);
        using var second = Client.Consumer(kafka.Bootstrap, group, configure: config => config.PartitionAssignmentStrategy = strategy);
        first.Subscribe(topic);
        Until(() => first.Assignment.Count == 4, first);

        second.Subscribe(topic);
        Until(() => first.Assignment.Count == 2 && second.Assignment.Count == 2, first, second);
        Assert.Empty(first.Assignment.Intersect(second.Assignment));

        second.Close();
        Until(() => first.Assignment.Count == 4, first);
    }

    [Fact]
    public async Task Committed_AfterANewMember_GoesOnWhereTheOldOneStopped()
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
    }

    [Fact]
    public async Task MemberThatDies_IsForgottenAfterItsSessionTimeout()
    {
        var (topic, group) = (await kafka.Topic(2), kafka.Name("g"));
        using var first = Client.Consumer(kafka.Bootstrap, group);
        first.Subscribe(topic);
        Until(() => first.Assignment.Count == 2, first);

        // A member that polls no more leaves the group's rebalances to time out: here it is disposed without leaving.
        using (var second = Client.Consumer(kafka.Bootstrap, group, configure: config => config.GroupInstanceId = "static"))
        {
            second.Subscribe(topic);
            Until(() => first.Assignment.Count == 1 && second.Assignment.Count == 1, first, second);
        }
        Until(() => first.Assignment.Count == 2, first);
    }

    /// <summary>Polls the consumers, without which nothing moves, until something holds.</summary>
    private static void Until(Func<bool> holds, params IConsumer<string?, string?>[] consumers)
    {
        for (var deadline = DateTime.UtcNow + Client.Limit; !holds();)
        {
            Assert.True(DateTime.UtcNow < deadline, "did not happen: " + string.Join(" | ", consumers.Select(consumer => string.Join(",", consumer.Assignment))));
            foreach (var consumer in consumers) consumer.Consume(TimeSpan.FromMilliseconds(20));
        }
    }
}
