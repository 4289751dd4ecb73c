using Cdp.LocalKafka.Tests.Support;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Cdp.LocalKafka.Tests.Conformance.Groups;

/// <summary>How an administrator lists, describes and changes groups (KIP-222, KIP-496, KIP-518).</summary>
[Trait("tier", "integration")]
public sealed class GroupAdminTests(KafkaFixture kafka)
{
    [Fact]
    public async Task Describe_StableThenEmptyGroup_ReturnsStateProtocolAndMembers()
    {
        var (topic, group) = (await kafka.Topic(3), kafka.Name("g"));
        using var admin = Client.Admin(kafka.Bootstrap);
        using (var consumer = Client.Consumer(
                kafka.Bootstrap, group,
                configure: config => (config.ClientId, config.PartitionAssignmentStrategy) = ("someone", PartitionAssignmentStrategy.Range)))
        {
            consumer.Subscribe(topic);
            Wait.Polling(() => consumer.Assignment.Count == 3, consumer);
            var stable = await Described(admin, group);
            Assert.Equal((ConsumerGroupState.Stable, "range", false), (stable.State, stable.PartitionAssignor, stable.IsSimpleConsumerGroup));
            var member = Assert.Single(stable.Members);
            Assert.Equal(("someone", consumer.MemberId), (member.ClientId, member.ConsumerId));
            Assert.Equal([0, 1, 2], member.Assignment.TopicPartitions.Select(partition => partition.Partition.Value).Order());
            consumer.Commit([new TopicPartitionOffset(topic, 0, 0)]);
            consumer.Close();
        }
        var empty = await Described(admin, group);
        Assert.Equal(ConsumerGroupState.Empty, empty.State);
        Assert.Empty(empty.Members);
    }

    [Fact]
    public async Task Describe_StaticMember_ReturnsItsInstanceId()
    {
        var (topic, group) = (await kafka.Topic(), kafka.Name("g"));
        using var admin = Client.Admin(kafka.Bootstrap);
        using var consumer = Client.Consumer(kafka.Bootstrap, group, configure: config => config.GroupInstanceId = "named");
        consumer.Subscribe(topic);
        Wait.Polling(() => consumer.Assignment.Count == 1, consumer);
        Assert.Equal("named", Assert.Single((await Described(admin, group)).Members).GroupInstanceId);
    }

    [Fact]
    public async Task List_StateFilter_ReturnsOnlyMatchingGroups()
    {
        var (topic, stable, empty) = (await kafka.Topic(), kafka.Name("stable"), kafka.Name("empty"));
        using var admin = Client.Admin(kafka.Bootstrap);
        using var consumer = Client.Consumer(kafka.Bootstrap, stable);
        consumer.Subscribe(topic);
        Wait.Polling(() => consumer.Assignment.Count == 1, consumer);
        Commit(topic, empty, 1);

        async Task<List<(string, ConsumerGroupState)>> Listed(params ConsumerGroupState[] states) =>
            [
                .. (await admin.ListConsumerGroupsAsync(
                        new ListConsumerGroupsOptions
                        {
                            MatchStates = states,
                            RequestTimeout = Client.Limit,
                        })).Valid.Where(group => group.GroupId == stable || group.GroupId == empty).Select(group => (group.GroupId, group.State)),
            ];
        Assert.Equal(
            [(stable, ConsumerGroupState.Stable), (empty, ConsumerGroupState.Empty)], (await Listed()).OrderByDescending(group => group.Item1 == stable));
        Assert.Equal([(stable, ConsumerGroupState.Stable)], await Listed(ConsumerGroupState.Stable));
        Assert.Equal([(empty, ConsumerGroupState.Empty)], await Listed(ConsumerGroupState.Empty));
    }

    [Fact]
    public async Task Delete_BusyThenEmptyGroup_DeletesOnlyTheEmptyOneWithItsOffsets()
    {
        var (topic, group) = (await kafka.Topic(), kafka.Name("g"));
        using var admin = Client.Admin(kafka.Bootstrap);
        using (var consumer = Client.Consumer(kafka.Bootstrap, group))
        {
            consumer.Subscribe(topic);
            Wait.Polling(() => consumer.Assignment.Count == 1, consumer);
            consumer.Commit([new TopicPartitionOffset(topic, 0, 0)]);
            var refused = await Assert.ThrowsAsync<DeleteGroupsException>(() => admin.DeleteGroupsAsync([group]));
            Assert.Equal(ErrorCode.NonEmptyGroup, refused.Results[0].Error.Code);
            consumer.Close();
        }
        await admin.DeleteGroupsAsync([group]);
        using var later = Client.Consumer(kafka.Bootstrap, group);
        Assert.Equal(Offset.Unset, later.Committed([new TopicPartition(topic, 0)], Client.Limit)[0].Offset);
        var absent = await Assert.ThrowsAsync<DeleteGroupsException>(() => admin.DeleteGroupsAsync([group]));
        Assert.Equal(ErrorCode.GroupIdNotFound, absent.Results[0].Error.Code);
    }

    [Fact]
    public async Task DeleteOffsets_TopicWithoutSubscribers_LeavesOtherOffsets()
    {
        var (read, left, group) = (await kafka.Topic(), await kafka.Topic(), kafka.Name("g"));
        using var admin = Client.Admin(kafka.Bootstrap);
        using var consumer = Client.Consumer(kafka.Bootstrap, group);
        consumer.Subscribe(read);
        Wait.Polling(() => consumer.Assignment.Count == 1, consumer);
        consumer.Commit([new TopicPartitionOffset(read, 0, 3), new TopicPartitionOffset(left, 0, 4)]);

        var refused = await Assert.ThrowsAsync<DeleteConsumerGroupOffsetsException>(
            () => admin.DeleteConsumerGroupOffsetsAsync(group, [new TopicPartition(read, 0)]));
        Assert.Equal(ErrorCode.GroupSubscribedToTopic, refused.Result.Partitions[0].Error.Code);
        await admin.DeleteConsumerGroupOffsetsAsync(group, [new TopicPartition(left, 0)]);
        var offsets = consumer.Committed([new TopicPartition(read, 0), new TopicPartition(left, 0)], Client.Limit);
        Assert.Equal([new Offset(3), Offset.Unset], offsets.Select(partition => partition.Offset));
    }

    [Fact]
    public async Task Offsets_EmptyGroup_CanBeListedAndAltered()
    {
        var (topic, group) = (await kafka.Topic(2), kafka.Name("g"));
        using var admin = Client.Admin(kafka.Bootstrap);
        Commit(topic, group, 4);
        await admin.AlterConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitionOffsets(group, [new TopicPartitionOffset(topic, 0, 2)])]);
        var all = await admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions(group, null)]);
        Assert.Equal([new TopicPartitionOffset(topic, 0, 2)], all[0].Partitions.Select(partition => partition.TopicPartitionOffset));
    }

    private void Commit(string topic, string group, long offset)
    {
        using var consumer = Client.Consumer(kafka.Bootstrap, group);
        consumer.Commit([new TopicPartitionOffset(topic, 0, offset)]);
    }

    private static async Task<ConsumerGroupDescription> Described(IAdminClient admin, string group) =>
        (await admin.DescribeConsumerGroupsAsync([group], new DescribeConsumerGroupsOptions { RequestTimeout = Client.Limit })).ConsumerGroupDescriptions[0];
}
