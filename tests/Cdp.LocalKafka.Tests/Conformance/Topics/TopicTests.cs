using Cdp.LocalKafka.Tests.Support;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Cdp.LocalKafka.Tests.Conformance.Topics;

[Trait("tier", "integration")]
public sealed class TopicTests(KafkaFixture kafka)
{
    [Fact]
    public async Task Create_WithConfigs_DescribesPartitionsAndConfigs()
    {
        var topic = await kafka.Topic(3, ("cleanup.policy", "compact"), ("max.message.bytes", "50000"));
        using var admin = Client.Admin(kafka.Bootstrap);

        Assert.Equal(3, Assert.Single(admin.GetMetadata(topic, Client.Limit).Topics).Partitions.Count);
        var configs = (await admin.DescribeConfigsAsync([new ConfigResource { Type = ResourceType.Topic, Name = topic }]))[0].Entries;
        Assert.Equal(("compact", false), (configs["cleanup.policy"].Value, configs["cleanup.policy"].IsDefault));
        Assert.Equal("50000", configs["max.message.bytes"].Value);
        Assert.True(configs["retention.ms"].IsDefault);
    }

    [Fact]
    public async Task Create_ExistingTopic_Fails()
    {
        var topic = await kafka.Topic();
        using var admin = Client.Admin(kafka.Bootstrap);
        var refused = await Assert.ThrowsAsync<CreateTopicsException>(() => Client.CreateTopic(admin, topic, 1));
        Assert.Equal(ErrorCode.TopicAlreadyExists, refused.Results[0].Error.Code);
    }

    [Theory]
    [InlineData("bad name", 1, 1, null, ErrorCode.TopicException)]
    [InlineData("x", 0, 1, null, ErrorCode.InvalidPartitions)]
    [InlineData("x", 1, 99, null, ErrorCode.InvalidReplicationFactor)]
    [InlineData("x", 1, 1, "no.such.config", ErrorCode.InvalidConfig)]
    public async Task Create_InvalidTopic_IsRefused(string name, int partitions, short replicas, string? config, ErrorCode expected)
    {
        using var admin = Client.Admin(kafka.Bootstrap);
        var topic = new TopicSpecification
        {
            Name = kafka.Name(name),
            NumPartitions = partitions,
            ReplicationFactor = replicas,
            Configs = config is null ? [] : new Dictionary<string, string> { [config] = "1" },
        };
        try
        {
            await admin.CreateTopicsAsync([topic]);
            Assert.Fail("the topic was created");
        }
        catch (CreateTopicsException refused)
        {
            Assert.Equal(expected, refused.Results[0].Error.Code);
        }
    }

    [Fact]
    public async Task Create_ValidateOnly_CreatesNothing()
    {
        var topic = kafka.Name("absent");
        using var admin = Client.Admin(kafka.Bootstrap);
        await admin.CreateTopicsAsync(
            [new TopicSpecification { Name = topic, NumPartitions = 1, ReplicationFactor = -1 }], new CreateTopicsOptions { ValidateOnly = true });
        Assert.DoesNotContain(topic, admin.GetMetadata(Client.Limit).Topics.Select(each => each.Topic));
    }

    [Fact]
    public async Task Create_AfterDeletion_IsEmptyAndAcceptsRecords()
    {
        var topic = await kafka.Topic();
        using var admin = Client.Admin(kafka.Bootstrap);
        using var producer = Client.Producer(kafka.Bootstrap, config => config.EnableIdempotence = true);
        await producer.Send(topic, Client.Message("old"));

        await admin.DeleteTopicsAsync([topic]);
        await Recreated(admin, topic);

        Assert.Empty(Reading.Values(kafka.Bootstrap, topic));
        using var another = Client.Producer(kafka.Bootstrap, config => config.EnableIdempotence = true);
        await another.Send(topic, Client.Message("new"));
        Assert.Equal(["new"], Reading.Values(kafka.Bootstrap, topic));
    }

    [Fact]
    public async Task Delete_MissingTopic_Fails()
    {
        using var admin = Client.Admin(kafka.Bootstrap);
        var refused = await Assert.ThrowsAsync<DeleteTopicsException>(() => admin.DeleteTopicsAsync([kafka.Name("absent")]));
        Assert.Equal(ErrorCode.UnknownTopicOrPart, refused.Results[0].Error.Code);
    }

    [Fact]
    public async Task Describe_ByName_ReturnsLeadersAndAnId()
    {
        var topic = await kafka.Topic(2);
        using var admin = Client.Admin(kafka.Bootstrap);
        var described = Assert.Single((await admin.DescribeTopicsAsync(TopicCollection.OfTopicNames([topic]))).TopicDescriptions);
        Assert.Equal((topic, false), (described.Name, described.IsInternal));
        Assert.Equal([0, 1], described.Partitions.Select(partition => partition.Partition));
        Assert.All(described.Partitions, partition => Assert.Contains(partition.Leader!.Id, partition.ISR.Select(node => node.Id)));
        Assert.NotEqual("AAAAAAAAAAAAAAAAAAAAAA", described.TopicId.ToString());
    }

    [Fact]
    public async Task DescribeCluster_Always_ReturnsNodesControllerAndId()
    {
        using var admin = Client.Admin(kafka.Bootstrap);
        var cluster = await admin.DescribeClusterAsync();
        Assert.NotEmpty(cluster.ClusterId);
        Assert.Contains(cluster.Controller.Id, cluster.Nodes.Select(node => node.Id));
    }

    [Fact]
    public async Task CreatePartitions_MorePartitions_AreFoundByConsumers()
    {
        var (topic, group) = (await kafka.Topic(), kafka.Name("g"));
        using var admin = Client.Admin(kafka.Bootstrap);
        using var consumer = Client.Consumer(kafka.Bootstrap, group, configure: config => config.TopicMetadataRefreshIntervalMs = 500);
        consumer.Subscribe(topic);
        Wait.Polling(() => consumer.Assignment.Count == 1, consumer);
        await admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = topic, IncreaseTo = 3 }]);
        Wait.Polling(() => consumer.Assignment.Count == 3, consumer);

        using var producer = Client.Producer(kafka.Bootstrap);
        await producer.Send(new TopicPartition(topic, 2), Client.Message("x"));
        Assert.Equal(["x"], Reading.Values(kafka.Bootstrap, topic, partition: 2));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task CreatePartitions_NoIncrease_IsRefused(int count)
    {
        var topic = await kafka.Topic(2);
        using var admin = Client.Admin(kafka.Bootstrap);
        var refused = await Assert.ThrowsAsync<CreatePartitionsException>(
            () => admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = topic, IncreaseTo = count }]));
        Assert.Equal(ErrorCode.InvalidPartitions, refused.Results[0].Error.Code);
    }

    [Fact]
    public void Produce_MissingTopic_Fails()
    {
        using var producer = Client.Producer(kafka.Bootstrap, config => (config.MessageTimeoutMs, config.AllowAutoCreateTopics) = (3000, false));
        var failure = Assert.ThrowsAny<ProduceException<string?, string?>>(
            () => producer.Send(kafka.Name("absent"), Client.Message("x")).GetAwaiter().GetResult());
        Assert.Contains(failure.Error.Code, new[] { ErrorCode.UnknownTopicOrPart, ErrorCode.Local_UnknownTopic, ErrorCode.Local_MsgTimedOut });
    }

    // Kafka removes a topic in the background, so its name is only free a moment later.
    private static Task Recreated(IAdminClient admin, string topic) =>
        Wait.RetryWhile(() => Client.CreateTopic(admin, topic, 1), e => e is CreateTopicsException { Results: [{ Error.Code: ErrorCode.TopicAlreadyExists }] });
}
