using Cdp.LocalKafka.Tests.Support;
using Confluent.Kafka;

namespace Cdp.LocalKafka.Tests.Conformance.Records;

[Trait("tier", "integration")]
public sealed class CompressionTests(KafkaFixture kafka)
{
    // Recent enough that retention does not delete the records.
    private static readonly long Start = DateTimeOffset.UtcNow.AddHours(-1).ToUnixTimeMilliseconds();

    public static TheoryData<CompressionType> Codecs =>
        [CompressionType.None, CompressionType.Gzip, CompressionType.Snappy, CompressionType.Lz4, CompressionType.Zstd];

    [Theory]
    [MemberData(nameof(Codecs))]
    public async Task OffsetsForTimes_TimestampInsideABatch_ReturnsTheExactRecord(CompressionType codec)
    {
        var topic = await kafka.Topic(1, ("cleanup.policy", "compact"));
        Produce(topic, codec);
        using var consumer = Client.Consumer(kafka.Bootstrap, kafka.Name("g"));
        foreach (var wanted in (int[])[0, 1, 57, 99])
        {
            var found = consumer.OffsetsForTimes(
                [new TopicPartitionTimestamp(topic, 0, new Timestamp(At(wanted) - 3, TimestampType.CreateTime))], Client.Limit);
            Assert.Equal(wanted, found[0].Offset.Value);
        }
    }

    [Theory]
    [InlineData("uncompressed")]
    [InlineData("gzip")]
    [InlineData("snappy")]
    [InlineData("lz4")]
    [InlineData("zstd")]
    public async Task Consume_TopicWithItsOwnCodec_ReturnsWhatWasProduced(string topicCodec)
    {
        foreach (var codec in (CompressionType[])[CompressionType.None, CompressionType.Snappy])
        {
            var topic = await kafka.Topic(1, ("compression.type", topicCodec));
            Produce(topic, codec);
            Assert.Equal(Enumerable.Range(0, 100).Select(Value), Reading.Values(kafka.Bootstrap, topic));
        }
    }

    [Fact]
    public async Task Produce_CompressedRecordWithoutKey_IsRefusedByACompactedTopic()
    {
        var topic = await kafka.Topic(1, ("cleanup.policy", "compact,delete"));
        using var producer = Client.Producer(kafka.Bootstrap, config => config.CompressionType = CompressionType.Lz4);
        var failure = await Assert.ThrowsAnyAsync<ProduceException<string?, string?>>(() => producer.Send(topic, Client.Message(new string('x', 500))));
        Assert.Equal(ErrorCode.InvalidRecord, failure.Error.Code);
        await producer.Send(topic, Client.Message(new string('x', 500), key: "k"));
        Assert.Single(Reading.ReadAll(kafka.Bootstrap, topic));
    }

    // A hundred records, usually in one batch.
    private void Produce(string topic, CompressionType codec)
    {
        using var producer = Client.Producer(kafka.Bootstrap, config => (config.CompressionType, config.LingerMs) = (codec, 100));
        for (var i = 0; i < 100; i++)
            producer.Produce(
                topic, new Message<string?, string?> { Key = $"k{i}", Value = Value(i), Timestamp = new Timestamp(At(i), TimestampType.CreateTime) });
        producer.Flush(Client.Limit);
    }

    private static long At(int i) => Start + (10 * i);

    private static string Value(int i) => $"value {i} {new string('x', 400)}";
}
