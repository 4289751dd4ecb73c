using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Partitions;
using Cdp.LocalKafka.Protocol.Serialization;
using Cdp.LocalKafka.Tests.Support;
using TopicPartition = Confluent.Kafka.TopicPartition;
using TopicPartitionOffset = Confluent.Kafka.TopicPartitionOffset;

namespace Cdp.LocalKafka.Tests.Apis;

/// <summary>DeleteRecords through an admin client, on a broker that is then killed.</summary>
[Trait("tier", "integration")]
public sealed class DeleteRecordsApiTests : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private LocalKafkaBroker? _broker;

    public async ValueTask DisposeAsync()
    {
        if (_broker is not null) await _broker.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task DeleteRecords_ThenKill_ConsumersStartAtTheNewStart()
    {
        var bootstrap = await Restarted();
        using (var admin = Client.Admin(bootstrap))
        {
            await Client.CreateTopic(admin, "t", 1);
            using (var producer = Client.Producer(bootstrap))
                for (var i = 0; i < 10; i++) await producer.Send("t", Client.Message($"{i}"));
            var deleted = await admin.DeleteRecordsAsync([new TopicPartitionOffset("t", 0, 7)]);
            Assert.Equal(7, Assert.Single(deleted).Offset.Value);
        }

        _broker!.Kill();
        bootstrap = await Restarted();
        Assert.Equal(["7", "8", "9"], Reading.Values(bootstrap, "t"));
        using var consumer = Client.Consumer(bootstrap, "g");
        Assert.Equal(
            (7, 10),
            (
                consumer.QueryWatermarkOffsets(new TopicPartition("t", 0), Client.Limit).Low.Value,
                consumer.QueryWatermarkOffsets(new TopicPartition("t", 0), Client.Limit).High.Value));
    }

    [Fact]
    public async Task DeleteRecords_InvalidRequests_GetKafkasErrors()
    {
        using var admin = Client.Admin(await Restarted());
        await Client.CreateTopic(admin, "t", 1);
        using var client = new RawClient(_broker!.Port);
        var request = new DeleteRecordsRequest
        {
            Topics =
            [
                new DeleteRecordsTopic
                {
                    Name = "t",
                    Partitions = [new DeleteRecordsPartition { Offset = 1 }, new DeleteRecordsPartition { PartitionIndex = 1 }],
                },
                new DeleteRecordsTopic { Name = "nowhere", Partitions = [new DeleteRecordsPartition()] },
                new DeleteRecordsTopic { Name = "__consumer_offsets", Partitions = [new DeleteRecordsPartition()] },
            ],
        };
        await client.SendFrame(RawClient.Request(ApiKey.DeleteRecords, 2, 1, request, flexible: true));
        var response = new DeleteRecordsResponse();
        response.Describe(new WireReader((await client.Receive())!.AsMemory(5), 2, flexible: true));

        Assert.Equal(
            [ErrorCode.OffsetOutOfRange, ErrorCode.UnknownTopicOrPartition, ErrorCode.UnknownTopicOrPartition, ErrorCode.InvalidTopicException],
            response.Topics!.SelectMany(topic => topic.Partitions!).Select(partition => partition.ErrorCode));
        Assert.All(response.Topics!.SelectMany(topic => topic.Partitions!), partition => Assert.Equal(-1, partition.LowWatermark));
    }

    private async Task<string> Restarted() => (_broker = await LocalKafkaBroker.StartAsync(
        new LocalKafkaOptions { DataDirectory = _directory.Path }, cancel: TestContext.Current.CancellationToken)).BootstrapServers;
}
