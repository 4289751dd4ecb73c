using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Cdp.Contracts;
using Cdp.LocalKafka;
using Cdp.LocalKafka.Hosting;
using Cdp.Streaming.Clients;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Xunit;

namespace Cdp.Streaming.Tests.Writing;

/// <summary>The size limits are ordered event &lt; record &lt; dead letter &lt; client &lt; topic, and client and broker enforce theirs exactly.</summary>
[Trait("tier", "integration")]
public sealed class SizeLimitsTests
{
    // What a dead letter adds: the position, the names, an error of four bytes per character, and the framing of the registry.
    private const int Wrapping = (SizeLimits.ErrorCharacters * 4) + 1_024;

    // librdkafka also counts the framing of the record.
    private const int Largest = SizeLimits.Client - 36;

    public static TheoryData<string> TopicNames => [.. Topics.All.Select(topic => topic.Name)];

    [Theory, MemberData(nameof(TopicNames))]
    public void SizeLimits_OfEachTopic_AreStrictlyOrdered(string name)
    {
        var topic = Topics.All.Single(topic => topic.Name == name);
        int[] limits =
        [
            SizeLimits.Event, SizeLimits.Record, SizeLimits.DeadLetter, new KafkaOptions().Producer().MessageMaxBytes!.Value,
            int.Parse(topic.Configs["max.message.bytes"], CultureInfo.InvariantCulture),
        ];
        Assert.Equal(limits.Distinct().Order(), limits);
        Assert.True(topic.MaxRecordBytes < limits[3], "the client refuses what the service may write");
        Assert.True(SizeLimits.Record + Wrapping <= SizeLimits.DeadLetter, "the dead letter of the largest record does not fit");
    }

    [Fact]
    public async Task ProduceAsync_SizesAroundTheClientLimit_AreAcceptedUpToIt()
    {
        var data = Directory.CreateTempSubdirectory("cdp-limits-").FullName;
        try
        {
            await using var broker = await LocalKafkaBroker.StartAsync(
                new LocalKafkaOptions { DataDirectory = data, Host = IPAddress.Loopback.ToString() }, cancel: TestContext.Current.CancellationToken);
            var kafka = new KafkaOptions { BootstrapServers = broker.BootstrapServers, Partitions = 1 };
            Topic[] kinds = [.. Topics.All.DistinctBy(topic => topic.Cleanup)];
            Assert.Equal(Enum.GetValues<Cleanup>().Length, kinds.Length);
            using var admin = new AdminClientBuilder(kafka.Admin()).Build();
            await admin.CreateTopicsAsync(kinds.Select(topic =>
                new TopicSpecification { Name = topic.Name, NumPartitions = 1, Configs = new Dictionary<string, string>(topic.Configs) }));
            using var producer = new ProducerBuilder<byte[], byte[]>(kafka.Producer()).Build();
            byte[] key = [1];
            for (var size = Largest - 2; size <= Largest + 2; size++)
            {
                // Data that no codec can compress.
                var message = new Message<byte[], byte[]> { Key = key, Value = RandomNumberGenerator.GetBytes(size - key.Length) };
                foreach (var topic in kinds)
                {
                    if (size <= Largest)
                    {
                        Assert.Equal(
                            PersistenceStatus.Persisted, (await producer.ProduceAsync(topic.Name, message, TestContext.Current.CancellationToken)).Status);
                    }
                    else
                    {
                        var refused = await Assert.ThrowsAsync<ProduceException<byte[], byte[]>>(
                            () => producer.ProduceAsync(topic.Name, message, TestContext.Current.CancellationToken));
                        Assert.Equal(ErrorCode.MsgSizeTooLarge, refused.Error.Code);
                    }
                }
            }
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    /// <summary>
    /// The broker counts a whole batch: 61 bytes of header, and for its only record 13 bytes of framing, one byte of key, and the value.
    /// </summary>
    [Fact]
    public async Task Broker_BatchesOfEverySizeAroundTheTopicsLimit_AreTakenUpToIt()
    {
        const int Framing = 61 + 13;
        var data = Directory.CreateTempSubdirectory("cdp-limits-").FullName;
        try
        {
            await using var broker = await LocalKafkaBroker.StartAsync(
                new LocalKafkaOptions { DataDirectory = data, Host = IPAddress.Loopback.ToString() }, cancel: TestContext.Current.CancellationToken);
            var kafka = new KafkaOptions { BootstrapServers = broker.BootstrapServers, Partitions = 1 };
            using var admin = new AdminClientBuilder(kafka.Admin()).Build();
            await admin.CreateTopicsAsync(
                [new TopicSpecification { Name = Topics.Dead.Name, NumPartitions = 1, Configs = new Dictionary<string, string>(Topics.Dead.Configs) }]);
            var config = kafka.Producer();
            // Our client never sends as much: it rejects the record first.
            (config.MessageMaxBytes, config.CompressionType) = (2 * SizeLimits.Topic, CompressionType.None);
            using var producer = new ProducerBuilder<byte[], byte[]>(config).Build();
            byte[] key = [1];
            for (var batch = SizeLimits.Topic - 2; batch <= SizeLimits.Topic + 2; batch++)
            {
                var message = new Message<byte[], byte[]> { Key = key, Value = new byte[batch - Framing - key.Length] };
                if (batch <= SizeLimits.Topic)
                {
                    Assert.Equal(
                        PersistenceStatus.Persisted, (await producer.ProduceAsync(Topics.Dead.Name, message, TestContext.Current.CancellationToken)).Status);
                }
                else
                {
                    var refused = await Assert.ThrowsAsync<ProduceException<byte[], byte[]>>(
                        () => producer.ProduceAsync(Topics.Dead.Name, message, TestContext.Current.CancellationToken));
                    Assert.Equal(ErrorCode.MsgSizeTooLarge, refused.Error.Code);
                }
            }
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }
}
