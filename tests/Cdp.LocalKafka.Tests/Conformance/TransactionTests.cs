using Confluent.Kafka;

namespace Cdp.LocalKafka.Tests.Conformance;

public sealed class TransactionTests(KafkaFixture kafka)
{
    [Fact]
    public async Task Commit_And_Abort_DecideWhatACommittedReaderSees()
    {
        var topic = await kafka.Topic();
        using var producer = Client.Transactional(kafka.Bootstrap, kafka.Name("tx"));
        foreach (var round in Enumerable.Range(0, 6))
        {
            producer.BeginTransaction();
            foreach (var i in Enumerable.Range(0, 10)) producer.Produce(topic, Client.Message($"{round}.{i}"));
            if (round % 2 == 0)
            {
                producer.CommitTransaction(Client.Limit);
            }
            else
            {
                producer.Flush(Client.Limit);
                producer.AbortTransaction(Client.Limit);
            }
        }

        var committed = from round in Enumerable.Range(0, 6) where round % 2 == 0 from i in Enumerable.Range(0, 10) select $"{round}.{i}";
        Assert.Equal(committed, Reading.Values(kafka.Bootstrap, topic));
        Assert.Equal(60, Reading.Values(kafka.Bootstrap, topic, IsolationLevel.ReadUncommitted).Count());
    }

    [Fact]
    public async Task OpenTransaction_HoldsBackCommittedReaders_UntilItEnds()
    {
        var topic = await kafka.Topic();
        using var plain = Client.Producer(kafka.Bootstrap);
        using var producer = Client.Transactional(kafka.Bootstrap, kafka.Name("tx"));
        producer.BeginTransaction();
        await producer.Send(topic, Client.Message("inside"));
        await plain.Send(topic, Client.Message("after"));

        Assert.Empty(Reading.Values(kafka.Bootstrap, topic));
        Assert.Equal(["inside", "after"], Reading.Values(kafka.Bootstrap, topic, IsolationLevel.ReadUncommitted));
        producer.CommitTransaction(Client.Limit);
        Assert.Equal(["inside", "after"], Reading.Values(kafka.Bootstrap, topic));
    }

    [Fact]
    public async Task InitTransactions_SameId_FencesTheOlderProducerAndAbortsItsTransaction()
    {
        var (topic, id) = (await kafka.Topic(), kafka.Name("tx"));
        using var zombie = Client.Transactional(kafka.Bootstrap, id);
        zombie.BeginTransaction();
        await zombie.Send(topic, Client.Message("zombie"));

        using var heir = Client.Transactional(kafka.Bootstrap, id);
        heir.BeginTransaction();
        await heir.Send(topic, Client.Message("heir"));
        heir.CommitTransaction(Client.Limit);

        var fenced = Assert.ThrowsAny<KafkaException>(() => zombie.CommitTransaction(Client.Limit));
        Assert.True(fenced.Error.IsFatal, fenced.Error.ToString());
        Assert.Equal(ErrorCode.Local_Fenced, fenced.Error.Code);
        Assert.Equal(["heir"], Reading.Values(kafka.Bootstrap, topic));
    }

    [Fact]
    public async Task Timeout_OfAnIdleTransaction_AbortsAndFences()
    {
        var topic = await kafka.Topic();
        using var producer = Client.Transactional(kafka.Bootstrap, kafka.Name("tx"), timeoutMs: 1000);
        using var plain = Client.Producer(kafka.Bootstrap);
        producer.BeginTransaction();
        await producer.Send(topic, Client.Message("late"));
        await plain.Send(topic, Client.Message("plain"));

        // A committed reader gets past the open transaction only when the coordinator ends it.
        using var consumer = Client.Consumer(kafka.Bootstrap, kafka.Name("g"), configure: config => config.EnablePartitionEof = false);
        consumer.Assign(new TopicPartitionOffset(topic, 0, Offset.Beginning));
        Assert.Equal("plain", consumer.Consume(Client.Limit)?.Message.Value);
        Assert.ThrowsAny<KafkaException>(() => producer.CommitTransaction(Client.Limit));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SendOffsetsToTransaction_IsVisibleOnlyAfterCommit(bool commit)
    {
        var (topic, group) = (await kafka.Topic(), kafka.Name("g"));
        using var producer = Client.Transactional(kafka.Bootstrap, kafka.Name("tx"));
        using var consumer = Client.Consumer(kafka.Bootstrap, group);
        using (var plain = Client.Producer(kafka.Bootstrap)) await plain.Send(topic, Client.Message("in"));
        consumer.Subscribe(topic);
        Assert.Equal("in", consumer.Consume(Client.Limit)?.Message?.Value);

        producer.BeginTransaction();
        await producer.Send(topic, Client.Message("out"));
        producer.SendOffsetsToTransaction([new TopicPartitionOffset(topic, 0, 1)], consumer.ConsumerGroupMetadata, Client.Limit);
        if (commit) producer.CommitTransaction(Client.Limit);
        else producer.AbortTransaction(Client.Limit);

        var offset = consumer.Committed([new TopicPartition(topic, 0)], Client.Limit)[0].Offset;
        Assert.Equal(commit ? new Offset(1) : Offset.Unset, offset);
    }

    [Fact]
    public async Task SendOffsetsToTransaction_FromAMemberThatLeft_IsRefused()
    {
        var (topic, group) = (await kafka.Topic(), kafka.Name("g"));
        using var producer = Client.Transactional(kafka.Bootstrap, kafka.Name("tx"));
        using var consumer = Client.Consumer(kafka.Bootstrap, group);
        consumer.Subscribe(topic);
        Assert.True(consumer.Consume(Client.Limit).IsPartitionEOF);
        var metadata = consumer.ConsumerGroupMetadata;
        consumer.Close();

        producer.BeginTransaction();
        await producer.Send(topic, Client.Message("zombie's"));
        Assert.ThrowsAny<KafkaException>(() => producer.SendOffsetsToTransaction([new TopicPartitionOffset(topic, 0, 1)], metadata, Client.Limit));
        producer.AbortTransaction(Client.Limit);
        Assert.Empty(Reading.Values(kafka.Bootstrap, topic));
    }
}
