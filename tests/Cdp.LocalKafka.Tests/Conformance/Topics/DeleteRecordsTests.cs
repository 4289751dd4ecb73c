using Cdp.LocalKafka.Tests.Support;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Cdp.LocalKafka.Tests.Conformance.Topics;

/// <summary>DeleteRecords (KIP-107) moves a partition's start; the records before it can no longer be read.</summary>
[Trait("tier", "integration")]
public sealed class DeleteRecordsTests(KafkaFixture kafka)
{
    [Fact]
    public async Task DeleteRecords_UpToAnOffset_MovesTheStart()
    {
        var topic = await Ten();
        using var admin = Client.Admin(kafka.Bootstrap);
        var deleted = await admin.DeleteRecordsAsync([new TopicPartitionOffset(topic, 0, 4)]);
        Assert.Equal(4, deleted[0].Offset.Value);
        Assert.Equal(["4", "5", "6", "7", "8", "9"], Reading.Values(kafka.Bootstrap, topic));
        Assert.Equal((4, 10), (await Reading.OffsetAt(admin, topic, OffsetSpec.Earliest()), await Reading.OffsetAt(admin, topic, OffsetSpec.Latest())));

        using var consumer = Client.Consumer(kafka.Bootstrap, kafka.Name("g"));
        consumer.Assign(new TopicPartitionOffset(topic, 0, 1));
        Assert.Equal("4", consumer.Consume(Client.Limit).Message.Value); // out of range, reset to the start
    }

    [Fact]
    public async Task DeleteRecords_All_LaterOffsetsContinue()
    {
        var topic = await Ten();
        using var admin = Client.Admin(kafka.Bootstrap);
        await admin.DeleteRecordsAsync([new TopicPartitionOffset(topic, 0, Offset.End)]);
        Assert.Empty(Reading.Values(kafka.Bootstrap, topic));
        using var producer = Client.Producer(kafka.Bootstrap);
        Assert.Equal(10, (await producer.Send(topic, Client.Message("next"))).Offset.Value);
        Assert.Equal(["next"], Reading.Values(kafka.Bootstrap, topic));
    }

    [Fact]
    public async Task DeleteRecords_BelowTheStartOrBeyondTheEnd_ChangesNothing()
    {
        var topic = await Ten();
        using var admin = Client.Admin(kafka.Bootstrap);
        await admin.DeleteRecordsAsync([new TopicPartitionOffset(topic, 0, 5)]);
        Assert.Equal(5, (await admin.DeleteRecordsAsync([new TopicPartitionOffset(topic, 0, 2)]))[0].Offset.Value);
        var refused = await Assert.ThrowsAsync<DeleteRecordsException>(() => admin.DeleteRecordsAsync([new TopicPartitionOffset(topic, 0, 11)]));
        Assert.Equal(ErrorCode.OffsetOutOfRange, refused.Results[0].Error.Code);
    }

    private async Task<string> Ten()
    {
        var topic = await kafka.Topic();
        using var producer = Client.Producer(kafka.Bootstrap, config => config.EnableIdempotence = true);
        await producer.SendAll(topic, Enumerable.Range(0, 10).Select(i => $"{i}"));
        return topic;
    }
}
