using System.Text;
using Confluent.Kafka;

namespace Cdp.LocalKafka.Tests.Conformance;

public sealed class ProduceConsumeTests(KafkaFixture kafka)
{
    [Theory]
    [InlineData(CompressionType.None)]
    [InlineData(CompressionType.Gzip)]
    [InlineData(CompressionType.Snappy)]
    [InlineData(CompressionType.Lz4)]
    [InlineData(CompressionType.Zstd)]
    public async Task Consume_WhatWasProduced_InOrderWithHeaders(CompressionType codec)
    {
        var topic = await kafka.Topic();
        using (var producer = Client.Producer(kafka.Bootstrap, config => (config.CompressionType, config.EnableIdempotence) = (codec, true)))
        {
            for (var i = 0; i < 1000; i++)
            {
                var message = new Message<string?, string?>
                {
                    Key = i % 3 == 0 ? null : $"k{i}",
                    Value = i % 7 == 0 ? null : $"value {i} {new string('x', i % 50)}",
                    Headers = [new Header("n", Encoding.UTF8.GetBytes($"{i}")), new Header("empty", []), new Header("null", null), new Header("n", "again"u8.ToArray())],
                };
                producer.Produce(topic, message);
            }
            producer.Flush(Client.Limit);
        }

        var read = Reading.ReadAll(kafka.Bootstrap, topic);
        Assert.Equal(1000, read.Count);
        for (var i = 0; i < read.Count; i++)
        {
            Assert.Equal(i, read[i].Offset.Value);
            Assert.Equal(i % 3 == 0 ? null : $"k{i}", read[i].Message.Key);
            Assert.Equal(i % 7 == 0 ? null : $"value {i} {new string('x', i % 50)}", read[i].Message.Value);
            Assert.Equal(["n", "empty", "null", "n"], read[i].Message.Headers.Select(header => header.Key));
            Assert.Equal($"{i}", Encoding.UTF8.GetString(read[i].Message.Headers[0].GetValueBytes()));
            Assert.Empty(read[i].Message.Headers[1].GetValueBytes());
            Assert.Null(read[i].Message.Headers[2].GetValueBytes());
        }
    }

    [Theory]
    [InlineData(Acks.None)]
    [InlineData(Acks.Leader)]
    [InlineData(Acks.All)]
    public async Task Produce_AnyAcks_Arrives(Acks acks)
    {
        var topic = await kafka.Topic();
        using var producer = Client.Producer(kafka.Bootstrap, config => config.Acks = acks);
        await producer.Send(topic, Client.Message("x"));
        producer.Flush(Client.Limit);

        // With acks=0 the client does not know when it arrives.
        using var consumer = Client.Consumer(kafka.Bootstrap, kafka.Name("g"), configure: config => config.EnablePartitionEof = false);
        consumer.Assign(new TopicPartitionOffset(topic, 0, Offset.Beginning));
        Assert.Equal("x", consumer.Consume(Client.Limit)?.Message.Value);
    }

    [Fact]
    public async Task Consume_WaitingAtTheEnd_GetsARecordAtOnce()
    {
        var topic = await kafka.Topic();
        using var consumer = Client.Consumer(kafka.Bootstrap, kafka.Name("g"), configure: config => config.FetchWaitMaxMs = 4000);
        consumer.Assign(new TopicPartitionOffset(topic, 0, Offset.Beginning));
        Assert.True(consumer.Consume(Client.Limit).IsPartitionEOF);
        using var producer = Client.Producer(kafka.Bootstrap);

        await producer.Send(topic, Client.Message("x"));
        Assert.Equal("x", consumer.Consume(TimeSpan.FromSeconds(3))?.Message?.Value);
    }

    [Fact]
    public async Task Produce_LargerThanTheTopicTakes_IsRefused()
    {
        var topic = await kafka.Topic(1, ("max.message.bytes", "1000"));
        using var producer = Client.Producer(kafka.Bootstrap);
        var failure = await Assert.ThrowsAnyAsync<ProduceException<string?, string?>>(() => producer.Send(topic, Client.Message(new string('x', 2000))));
        Assert.Equal(ErrorCode.MsgSizeTooLarge, failure.Error.Code);
    }

    [Fact]
    public async Task OffsetsForTimes_BetweenRecords_IsTheNextRecord()
    {
        var topic = await kafka.Topic();
        using var producer = Client.Producer(kafka.Bootstrap);
        foreach (var at in (long[])[1000, 2000, 3000])
            await producer.Send(topic, new Message<string?, string?> { Value = $"{at}", Timestamp = new Timestamp(at, TimestampType.CreateTime) });
        using var consumer = Client.Consumer(kafka.Bootstrap, kafka.Name("g"));

        long At(long time) => consumer.OffsetsForTimes([new TopicPartitionTimestamp(topic, 0, new Timestamp(time, TimestampType.CreateTime))], Client.Limit)[0].Offset.Value;
        Assert.Equal([0, 1, 2, Offset.End.Value], new[] { At(500), At(1001), At(3000), At(3001) });
        Assert.Equal((0, 3), (consumer.QueryWatermarkOffsets(new TopicPartition(topic, 0), Client.Limit).Low.Value, consumer.QueryWatermarkOffsets(new TopicPartition(topic, 0), Client.Limit).High.Value));
    }

    [Fact]
    public async Task Consume_FromBeyondTheEnd_IsReset()
    {
        var topic = await kafka.Topic();
        using var producer = Client.Producer(kafka.Bootstrap);
        await producer.Send(topic, Client.Message("x"));
        using var consumer = Client.Consumer(kafka.Bootstrap, kafka.Name("g"));
        consumer.Assign(new TopicPartitionOffset(topic, 0, 99));
        Assert.Equal(0, consumer.Consume(Client.Limit).Offset.Value);
    }
}
