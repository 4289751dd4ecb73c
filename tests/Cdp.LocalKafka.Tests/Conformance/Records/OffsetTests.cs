using Cdp.LocalKafka.Tests.Support;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Cdp.LocalKafka.Tests.Conformance.Records;

/// <summary>Finding an offset in a partition: by timestamp, at either end, and after a position that is out of range.</summary>
[Trait("tier", "integration")]
public sealed class OffsetTests(KafkaFixture kafka)
{
    private static readonly long Start = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - 600_000;

    [Theory]
    [InlineData(CompressionType.None, 1)]
    [InlineData(CompressionType.None, 6)]
    [InlineData(CompressionType.Gzip, 6)]
    [InlineData(CompressionType.Snappy, 6)]
    [InlineData(CompressionType.Lz4, 6)]
    [InlineData(CompressionType.Zstd, 6)]
    public async Task OffsetsForTimes_AnyTimestamp_ReturnsTheFirstRecordNotEarlier(CompressionType codec, int batch)
    {
        var topic = await kafka.Topic();
        await SendSix(topic, codec, batch);
        using var consumer = Client.Consumer(kafka.Bootstrap, kafka.Name("g"));

        long At(long time) => consumer.OffsetsForTimes(
            [new TopicPartitionTimestamp(topic, 0, new Timestamp(Start + time, TimestampType.CreateTime))], Client.Limit)[0].Offset.Value;
        Assert.Equal([0, 0, 1, 1, 4, 5, Offset.End.Value], new[] { At(-1), At(0), At(1), At(1000), At(3001), At(5000), At(5001) });
    }

    [Fact]
    public async Task ListOffsets_EachSpec_ReturnsItsOffset()
    {
        var topic = await kafka.Topic();
        using var admin = Client.Admin(kafka.Bootstrap);
        Assert.Equal(
            (0, 0, -1),
            (await Reading.OffsetAt(admin, topic, OffsetSpec.Earliest()), await Reading.OffsetAt(admin, topic, OffsetSpec.Latest()),
                await Reading.OffsetAt(admin, topic, OffsetSpec.MaxTimestamp())));

        await SendSix(topic, CompressionType.None, batch: 1);
        using (var producer = Client.Producer(kafka.Bootstrap)) await producer.Send(topic, At(2500));
        Assert.Equal(
            (0, 7, 5),
            (await Reading.OffsetAt(admin, topic, OffsetSpec.Earliest()), await Reading.OffsetAt(admin, topic, OffsetSpec.Latest()),
                await Reading.OffsetAt(admin, topic, OffsetSpec.MaxTimestamp())));
        Assert.Equal(3, await Reading.OffsetAt(admin, topic, OffsetSpec.ForTimestamp(Start + 2100)));
    }

    [Fact]
    public async Task QueryWatermarks_EmptyThenFilledPartition_ReturnsBothEnds()
    {
        var topic = await kafka.Topic();
        using var consumer = Client.Consumer(kafka.Bootstrap, kafka.Name("g"));
        (long, long) Watermarks() => consumer.QueryWatermarkOffsets(
            new TopicPartition(topic, 0), Client.Limit) is var marks ? (marks.Low.Value, marks.High.Value) : default;
        Assert.Equal((0, 0), Watermarks());
        await SendSix(topic, CompressionType.None, batch: 6);
        Assert.Equal((0, 6), Watermarks());
    }

    [Theory]
    [InlineData(AutoOffsetReset.Earliest, "0")]
    [InlineData(AutoOffsetReset.Latest, "new")]
    public async Task Consume_OffsetBeyondTheEnd_IsReset(AutoOffsetReset reset, string expected)
    {
        var topic = await kafka.Topic();
        await SendSix(topic, CompressionType.None, batch: 6);
        using var consumer = Client.Consumer(
            kafka.Bootstrap, kafka.Name("g"),
            configure: config => (config.AutoOffsetReset, config.EnablePartitionEof) = (reset, reset == AutoOffsetReset.Latest));
        consumer.Assign(new TopicPartitionOffset(topic, 0, 99));
        if (reset == AutoOffsetReset.Latest)
        {
            Assert.Equal(6, consumer.Consume(Client.Limit).Offset.Value);
            using var producer = Client.Producer(kafka.Bootstrap);
            await producer.Send(topic, Client.Message("new"));
        }
        Assert.StartsWith(expected, consumer.Consume(Client.Limit).Message.Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Consume_OffsetBeyondTheEndWithoutReset_Fails()
    {
        var topic = await kafka.Topic();
        using var consumer = Client.Consumer(kafka.Bootstrap, kafka.Name("g"), configure: config => config.AutoOffsetReset = AutoOffsetReset.Error);
        consumer.Assign(new TopicPartitionOffset(topic, 0, 99));
        var refused = Assert.Throws<ConsumeException>(() => consumer.Consume(Client.Limit));
        Assert.Equal(ErrorCode.Local_AutoOffsetReset, refused.Error.Code);
    }

    [Fact]
    public async Task Consume_WaitingAtTheEnd_ReturnsANewRecordImmediately()
    {
        var topic = await kafka.Topic();
        using var consumer = Client.Consumer(kafka.Bootstrap, kafka.Name("g"), configure: config => config.FetchWaitMaxMs = 5000);
        consumer.Assign(new TopicPartitionOffset(topic, 0, Offset.Beginning));
        Assert.True(consumer.Consume(Client.Limit).IsPartitionEOF);
        using var producer = Client.Producer(kafka.Bootstrap);

        await producer.Send(topic, Client.Message("x"));
        Assert.Equal("x", consumer.Consume(TimeSpan.FromSeconds(4))?.Message?.Value);
    }

    /// <summary>
    /// Records 0 to 5, one second apart, in batches of the given size. They are long enough to compress well; otherwise librdkafka sends them
    /// uncompressed.
    /// </summary>
    private async Task SendSix(string topic, CompressionType codec, int batch)
    {
        using var producer = Client.Producer(
            kafka.Bootstrap, config => (config.CompressionType, config.LingerMs, config.BatchNumMessages) = (codec, 100, batch));
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => producer.Send(topic, At(1000 * i, $"{i}" + new string('x', 1000)))));
    }

    private static Message<string?, string?> At(long time, string value = "") =>
        new() { Value = value, Timestamp = new Timestamp(Start + time, TimestampType.CreateTime) };
}
