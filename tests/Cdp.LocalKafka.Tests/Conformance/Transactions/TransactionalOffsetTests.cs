using Cdp.LocalKafka.Tests.Support;
using Confluent.Kafka;

namespace Cdp.LocalKafka.Tests.Conformance.Transactions;

/// <summary>Offsets committed in a transaction: consume, transform, produce exactly once (KIP-98), fenced by the group's generation (KIP-447).</summary>
[Trait("tier", "integration")]
public sealed class TransactionalOffsetTests(KafkaFixture kafka)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SendOffsets_InATransaction_AreVisibleOnlyAfterTheCommit(bool commit)
    {
        var (topic, group) = (await kafka.Topic(), kafka.Name("g"));
        using var producer = Client.Transactional(kafka.Bootstrap, kafka.Name("tx"));
        using var consumer = await Member(topic, group, IsolationLevel.ReadUncommitted);
        consumer.Commit([new TopicPartitionOffset(topic, 0, 1)]);

        producer.BeginTransaction();
        await producer.Send(topic, Client.Message("out"));
        producer.SendOffsetsToTransaction([new TopicPartitionOffset(topic, 0, 2)], consumer.ConsumerGroupMetadata, Client.Limit);
        Assert.Equal(1, Committed(consumer, topic)); // when read without asking for stable offsets

        if (commit) producer.CommitTransaction(Client.Limit);
        else producer.AbortTransaction(Client.Limit);
        using var stable = Client.Consumer(kafka.Bootstrap, group);
        Assert.Equal(commit ? 2 : 1, Committed(stable, topic));
    }

    [Fact]
    public async Task Committed_StableOffsetsInAnOpenTransaction_Waits()
    {
        var (topic, group) = (await kafka.Topic(), kafka.Name("g"));
        using var producer = Client.Transactional(kafka.Bootstrap, kafka.Name("tx"));
        using var consumer = await Member(topic, group);
        producer.BeginTransaction();
        producer.SendOffsetsToTransaction([new TopicPartitionOffset(topic, 0, 1)], consumer.ConsumerGroupMetadata, Client.Limit);

        Assert.ThrowsAny<KafkaException>(() => consumer.Committed([new TopicPartition(topic, 0)], TimeSpan.FromSeconds(1)));
        producer.CommitTransaction(Client.Limit);
        Assert.Equal(1, Committed(consumer, topic));
    }

    [Fact]
    public async Task SendOffsets_MemberHasLeft_IsRefused()
    {
        var (topic, group) = (await kafka.Topic(), kafka.Name("g"));
        using var producer = Client.Transactional(kafka.Bootstrap, kafka.Name("tx"));
        using var consumer = await Member(topic, group);
        var metadata = consumer.ConsumerGroupMetadata;
        consumer.Close();

        producer.BeginTransaction();
        await producer.Send(topic, Client.Message("fenced's"));
        AssertStale(() => producer.SendOffsetsToTransaction([new TopicPartitionOffset(topic, 0, 1)], metadata, Client.Limit));
        producer.AbortTransaction(Client.Limit);
        Assert.DoesNotContain("fenced's", await Reading.Committed(kafka.Bootstrap, topic));
    }

    [Fact]
    public async Task SendOffsets_OldGeneration_IsRefused()
    {
        var (topic, group) = (await kafka.Topic(2), kafka.Name("g"));
        using var producer = Client.Transactional(kafka.Bootstrap, kafka.Name("tx"));
        using var first = await Member(topic, group);
        var old = first.ConsumerGroupMetadata;
        using var second = Client.Consumer(kafka.Bootstrap, group);
        second.Subscribe(topic);
        Wait.Polling(() => first.Assignment.Count == 1 && second.Assignment.Count == 1, first, second);

        producer.BeginTransaction();
        AssertStale(() => producer.SendOffsetsToTransaction([new TopicPartitionOffset(topic, 0, 1)], old, Client.Limit));
        producer.AbortTransaction(Client.Limit);

        producer.BeginTransaction();
        producer.SendOffsetsToTransaction([new TopicPartitionOffset(topic, 0, 1)], first.ConsumerGroupMetadata, Client.Limit);
        producer.CommitTransaction(Client.Limit);
        Assert.Equal(1, Committed(first, topic));
    }

    /// <summary>Several workers of a group copy a topic, and each abandons some transactions: the output is the input, each record once.</summary>
    [Fact]
    public async Task ConsumeTransformProduce_WithAborts_CopiesEachRecordOnce()
    {
        var (input, output, group) = (await kafka.Topic(2), await kafka.Topic(), kafka.Name("g"));
        using (var plain = Client.Producer(kafka.Bootstrap))
            await Task.WhenAll(Enumerable.Range(0, 60).Select(i => plain.Send(new TopicPartition(input, i % 2), Client.Message($"{i}"))));
        using var producer = Client.Transactional(kafka.Bootstrap, kafka.Name("tx"));
        using var consumer = Client.Consumer(kafka.Bootstrap, group, configure: config => config.EnablePartitionEof = false);
        consumer.Subscribe(input);

        for (var (copied, round) = (0, 0); copied < 60; round++)
        {
            producer.BeginTransaction();
            var batch = new List<ConsumeResult<string?, string?>>();
            while (batch.Count < 10) batch.Add(consumer.Consume(Client.Limit) ?? throw new TimeoutException($"nothing after {copied} records"));
            foreach (var record in batch) producer.Produce(output, Client.Message(record.Message.Value));
            var next = batch.GroupBy(record => record.TopicPartition).Select(
                partition => new TopicPartitionOffset(partition.Key, partition.Max(record => record.Offset.Value) + 1));
            producer.SendOffsetsToTransaction(next, consumer.ConsumerGroupMetadata, Client.Limit);
            if (round % 3 != 1)
            {
                producer.CommitTransaction(Client.Limit);
                copied += batch.Count;
                continue;
            }
            producer.AbortTransaction(Client.Limit);
            foreach (var partition in batch.GroupBy(record => record.TopicPartition))
                consumer.Seek(new TopicPartitionOffset(partition.Key, partition.Min(record => record.Offset.Value)));
        }
        Assert.Equal(Enumerable.Range(0, 60).Select(i => $"{i}").Order(), (await Reading.Committed(kafka.Bootstrap, output)).Order());
    }

    /// <summary>A consumer that is a member of the group and owns all partitions.</summary>
    private async Task<IConsumer<string?, string?>> Member(string topic, string group, IsolationLevel isolation = IsolationLevel.ReadCommitted)
    {
        using (var plain = Client.Producer(kafka.Bootstrap)) await plain.Send(new TopicPartition(topic, 0), Client.Message("in"));
        var consumer = Client.Consumer(kafka.Bootstrap, group, isolation);
        consumer.Subscribe(topic);
        Wait.Polling(() => consumer.Assignment.Count > 0, consumer);
        return consumer;
    }

    private static long Committed(IConsumer<string?, string?> consumer, string topic) =>
        consumer.Committed([new TopicPartition(topic, 0)], Client.Limit)[0].Offset.Value;

    private static void AssertStale(Action send)
    {
        var refused = Assert.ThrowsAny<KafkaException>(send);
        Assert.Contains(refused.Error.Code, new[] { ErrorCode.IllegalGeneration, ErrorCode.UnknownMemberId });
    }
}
