using Cdp.LocalKafka.Tests.Support;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Cdp.LocalKafka.Tests.Conformance.Topics;

/// <summary>Topic configs are changed while the topic is in use (KIP-339) and described with their source.</summary>
[Trait("tier", "integration")]
public sealed class ConfigTests(KafkaFixture kafka)
{
    [Fact]
    public async Task IncrementalAlter_SetThenDelete_AppliesAndRestoresTheDefault()
    {
        var topic = await kafka.Topic();
        using var admin = Client.Admin(kafka.Bootstrap);
        using var producer = Client.Producer(kafka.Bootstrap);
        var before = await Value(admin, topic, "max.message.bytes"); // Kafka's default, or the cluster's default for all topics
        await Alter(admin, topic, "max.message.bytes", "1000", AlterConfigOpType.Set);
        await Wait.Until(async () => await Value(admin, topic, "max.message.bytes") == ("1000", false), "the config is told");
        await Wait.Until(async () => await Refused(producer, topic), "a large record is refused");

        await Alter(admin, topic, "max.message.bytes", null, AlterConfigOpType.Delete);
        await Wait.Until(async () => await Value(admin, topic, "max.message.bytes") == before, "the default is back");
        await Wait.Until(async () => !await Refused(producer, topic), "a large record is taken");
    }

    [Fact]
    public async Task IncrementalAlter_AppendAndSubtract_ChangeTheList()
    {
        var topic = await kafka.Topic(1, ("cleanup.policy", "delete"));
        using var admin = Client.Admin(kafka.Bootstrap);
        await Alter(admin, topic, "cleanup.policy", "compact", AlterConfigOpType.Append);
        await Wait.Until(async () => (await Value(admin, topic, "cleanup.policy")).Value == "delete,compact", "the policy is appended");
        await Alter(admin, topic, "cleanup.policy", "delete", AlterConfigOpType.Subtract);
        await Wait.Until(async () => (await Value(admin, topic, "cleanup.policy")).Value == "compact", "the policy is subtracted");
    }

    [Theory]
    [InlineData("no.such.config", "1")]
    [InlineData("retention.ms", "soon")]
    [InlineData("max.message.bytes", "-1")]
    [InlineData("cleanup.policy", "keep")]
    public async Task IncrementalAlter_InvalidConfig_IsRefused(string name, string value)
    {
        var topic = await kafka.Topic();
        using var admin = Client.Admin(kafka.Bootstrap);
        var refused = await Assert.ThrowsAsync<IncrementalAlterConfigsException>(() => Alter(admin, topic, name, value, AlterConfigOpType.Set));
        Assert.Equal(ErrorCode.InvalidConfig, refused.Results[0].Error.Code);
    }

    private static async Task<bool> Refused(IProducer<string?, string?> producer, string topic)
    {
        try
        {
            await producer.Send(topic, Client.Message(new string('x', 2000)));
            return false;
        }
        catch (ProduceException<string?, string?> e) when (e.Error.Code == ErrorCode.MsgSizeTooLarge)
        {
            return true;
        }
    }

    private static Task Alter(IAdminClient admin, string topic, string name, string? value, AlterConfigOpType operation) =>
        admin.IncrementalAlterConfigsAsync(new Dictionary<ConfigResource, List<ConfigEntry>>
        {
            [Resource(topic)] = [new ConfigEntry { Name = name, Value = value, IncrementalOperation = operation }],
        });

    private static async Task<(string Value, bool IsDefault)> Value(IAdminClient admin, string topic, string name)
    {
        var entry = (await admin.DescribeConfigsAsync([Resource(topic)]))[0].Entries[name];
        return (entry.Value, entry.IsDefault);
    }

    private static ConfigResource Resource(string topic) => new() { Type = ResourceType.Topic, Name = topic };
}
