using System.Text;
using Cdp.LocalKafka.Tests.Support;
using Confluent.Kafka;

namespace Cdp.LocalKafka.Tests.Conformance.Records;

/// <summary>Every codec, header shape, size and timestamp: a record is read back as it was sent.</summary>
[Trait("tier", "integration")]
public sealed class RecordTests(KafkaFixture kafka)
{
    public static TheoryData<CompressionType, bool> Codecs =>
        [.. from codec in Enum.GetValues<CompressionType>() from idempotent in (bool[])[false, true] select (codec, idempotent)];

    [Theory]
    [MemberData(nameof(Codecs))]
    public async Task Consume_AnyCodec_ReturnsTheRecordsInOrderWithHeaders(CompressionType codec, bool idempotent)
    {
        var topic = await kafka.Topic();
        using (var producer = Client.Producer(kafka.Bootstrap, config => (config.CompressionType, config.EnableIdempotence) = (codec, idempotent)))
        {
            for (var i = 0; i < 500; i++)
            {
                var message = new Message<string?, string?>
                {
                    Key = (i % 4) switch { 0 => null, 1 => "", _ => $"k{i}" },
                    Value = (i % 7) switch { 0 => null, 1 => "", _ => $"value {i} {new string('x', i % 50)}" },
                    Headers =
                    [
                        new Header("n", Encoding.UTF8.GetBytes($"{i}")), new Header("empty", []), new Header("null", null),
                        new Header("n", "again"u8.ToArray()),
                    ],
                };
                producer.Produce(topic, message);
            }
            producer.Flush(Client.Limit);
        }

        var read = Reading.ReadAll(kafka.Bootstrap, topic);
        Assert.Equal(Enumerable.Range(0, 500).Select(i => (long)i), read.Select(record => record.Offset.Value));
        for (var i = 0; i < read.Count; i++)
        {
            Assert.Equal((i % 4) switch { 0 => null, 1 => "", _ => $"k{i}" }, read[i].Message.Key);
            Assert.Equal((i % 7) switch { 0 => null, 1 => "", _ => $"value {i} {new string('x', i % 50)}" }, read[i].Message.Value);
            Assert.Equal([("n", $"{i}"), ("empty", ""), ("null", null), ("n", "again")], Headers(read[i]));
        }
    }

    [Fact]
    public async Task Consume_NoneOrAThousandHeaders_ReturnsThemAll()
    {
        var topic = await kafka.Topic();
        var many = new Headers();
        for (var i = 0; i < 1000; i++) many.Add($"h{i % 10}", [(byte)i, (byte)(i >> 8)]);
        using var producer = Client.Producer(kafka.Bootstrap);
        await producer.Send(topic, new Message<string?, string?> { Value = "none" });
        await producer.Send(topic, new Message<string?, string?> { Value = "many", Headers = many });

        var read = Reading.ReadAll(kafka.Bootstrap, topic);
        Assert.Empty(read[0].Message.Headers);
        Assert.Equal(
            many.Select(header => (header.Key, Convert.ToHexString(header.GetValueBytes()))),
            read[1].Message.Headers.Select(header => (header.Key, Convert.ToHexString(header.GetValueBytes()))));
    }

    [Fact]
    public async Task Consume_RecordsNearOneMegabyte_ReturnsThem()
    {
        var topic = await kafka.Topic();
        var values = Enumerable.Range(0, 5).Select(i => new string((char)('a' + i), 1_000_000)).ToList();
        using (var producer = Client.Producer(kafka.Bootstrap, config => config.MessageMaxBytes = 1_048_576)) await producer.SendAll(topic, values);
        Assert.Equal(values.Order(), Reading.Values(kafka.Bootstrap, topic).Order());
    }

    [Fact]
    public async Task Produce_LargerThanMaxMessageBytes_IsRefusedAndLaterRecordsSucceed()
    {
        var topic = await kafka.Topic(1, ("max.message.bytes", "1000"));
        using var producer = Client.Producer(kafka.Bootstrap, config => config.EnableIdempotence = false);
        var failure = await Assert.ThrowsAnyAsync<ProduceException<string?, string?>>(() => producer.Send(topic, Client.Message(new string('x', 2000))));
        Assert.Equal(ErrorCode.MsgSizeTooLarge, failure.Error.Code);
        await producer.Send(topic, Client.Message("small"));
        Assert.Equal(["small"], Reading.Values(kafka.Bootstrap, topic));
    }

    [Theory]
    [InlineData(Acks.None)]
    [InlineData(Acks.Leader)]
    [InlineData(Acks.All)]
    public async Task Produce_AnyAcks_IsStored(Acks acks)
    {
        var topic = await kafka.Topic();
        using var producer = Client.Producer(kafka.Bootstrap, config => config.Acks = acks);
        await producer.Send(topic, Client.Message("x"));
        producer.Flush(Client.Limit);

        // With acks=0 the client does not know when the record arrives.
        using var consumer = Client.Consumer(kafka.Bootstrap, kafka.Name("g"), configure: config => config.EnablePartitionEof = false);
        consumer.Assign(new TopicPartitionOffset(topic, 0, Offset.Beginning));
        Assert.Equal("x", consumer.Consume(Client.Limit)?.Message.Value);
    }

    [Theory]
    [InlineData(CompressionType.None)]
    [InlineData(CompressionType.Lz4)]
    public async Task Timestamps_CreateTime_AreKept(CompressionType codec)
    {
        var topic = await kafka.Topic(1, ("message.timestamp.type", "CreateTime"));
        var start = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - 60_000;
        using (var producer = Client.Producer(kafka.Bootstrap, config => (config.CompressionType, config.LingerMs) = (codec, 50)))
            await Task.WhenAll(Enumerable.Range(0, 20).Select(i => producer.Send(topic, At(start - (1000 * i), $"{i}"))));

        var read = Reading.ReadAll(kafka.Bootstrap, topic);
        Assert.All(
            read,
            record => Assert.Equal(
                (TimestampType.CreateTime, start - (1000 * int.Parse(record.Message.Value!, System.Globalization.CultureInfo.InvariantCulture))),
                (record.Message.Timestamp.Type, record.Message.Timestamp.UnixTimestampMs)));
    }

    [Theory]
    [InlineData(CompressionType.None)]
    [InlineData(CompressionType.Lz4)]
    public async Task Timestamps_LogAppendTime_AreTheBrokersTime(CompressionType codec)
    {
        var topic = await kafka.Topic(1, ("message.timestamp.type", "LogAppendTime"));
        using (var producer = Client.Producer(kafka.Bootstrap, config => config.CompressionType = codec)) await producer.Send(topic, At(1000, "long ago"));

        var timestamp = Assert.Single(Reading.ReadAll(kafka.Bootstrap, topic)).Message.Timestamp;
        Assert.Equal(TimestampType.LogAppendTime, timestamp.Type);
        Assert.InRange(timestamp.UtcDateTime, DateTime.UtcNow.AddMinutes(-5), DateTime.UtcNow.AddMinutes(5));
    }

    private static IEnumerable<(string, string?)> Headers(ConsumeResult<string?, string?> record) =>
        record.Message.Headers.Select(header => (header.Key, header.GetValueBytes() is { } bytes ? Encoding.UTF8.GetString(bytes) : null));

    private static Message<string?, string?> At(long timestamp, string value) =>
        new() { Value = value, Timestamp = new Timestamp(timestamp, TimestampType.CreateTime) };
}
