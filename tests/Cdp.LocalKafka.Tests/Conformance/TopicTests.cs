using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Cdp.LocalKafka.Tests.Conformance;

public sealed class TopicTests(KafkaFixture kafka)
{
    [Fact]
    public async Task Create_ThenDescribe_TellsPartitionsAndConfigs()
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
    public async Task Create_Twice_SaysItExists()
    {
        var topic = await kafka.Topic();
        using var admin = Client.Admin(kafka.Bootstrap);
        var refused = await Assert.ThrowsAsync<CreateTopicsException>(() => Client.CreateTopic(admin, topic, 1));
        Assert.Equal(ErrorCode.TopicAlreadyExists, refused.Results[0].Error.Code);
    }

    [Theory]
    [InlineData("bad name", 1, 1, null, ErrorCode.TopicException)]
    [InlineData("x", 0, 1, null, ErrorCode.InvalidPartitions)]
    [InlineData("x", 1, 3, null, ErrorCode.InvalidReplicationFactor)]
    [InlineData("x", 1, 1, "no.such.config", ErrorCode.InvalidConfig)]
    public async Task Create_Impossible_IsRefused(string name, int partitions, short replicas, string? config, ErrorCode expected)
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
    public async Task Delete_ThenCreateAgain_IsEmpty()
    {
        var topic = await kafka.Topic();
        using var admin = Client.Admin(kafka.Bootstrap);
        using var producer = Client.Producer(kafka.Bootstrap);
        await producer.Send(topic, Client.Message("old"));

        await admin.DeleteTopicsAsync([topic]);
        await Recreated(admin, topic);

        Assert.Empty(Reading.Values(kafka.Bootstrap, topic));
    }

    [Fact]
    public void Produce_ToNoTopic_Fails()
    {
        using var producer = Client.Producer(kafka.Bootstrap, config => config.MessageTimeoutMs = 3000);
        var failure = Assert.ThrowsAny<ProduceException<string?, string?>>(() => producer.Send(kafka.Name("absent"), Client.Message("x")).GetAwaiter().GetResult());
        Assert.Contains(failure.Error.Code, new[] { ErrorCode.UnknownTopicOrPart, ErrorCode.Local_UnknownTopic, ErrorCode.Local_MsgTimedOut });
    }

    // Kafka removes a topic in the background; its name is free a moment later.
    private static async Task Recreated(IAdminClient admin, string topic)
    {
        for (var deadline = DateTime.UtcNow + Client.Limit; ;)
        {
            try
            {
                await Client.CreateTopic(admin, topic, 1);
                return;
            }
            catch (CreateTopicsException e) when (e.Results[0].Error.Code == ErrorCode.TopicAlreadyExists && DateTime.UtcNow < deadline)
            {
                await Task.Yield();
            }
        }
    }
}
