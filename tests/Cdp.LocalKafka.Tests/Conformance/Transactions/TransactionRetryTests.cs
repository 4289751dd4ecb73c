using Cdp.LocalKafka.Tests.Conformance.Proxy;
using Cdp.LocalKafka.Tests.Support;
using Confluent.Kafka;
using ApiKey = Cdp.LocalKafka.Protocol.ApiKey;

namespace Cdp.LocalKafka.Tests.Conformance.Transactions;

/// <summary>Transactions whose requests and responses get lost: each ends exactly once, with the outcome that the producer was told.</summary>
[Trait("tier", "integration")]
public sealed class TransactionRetryTests(KafkaFixture kafka)
{
    [Theory]
    [InlineData(nameof(ApiKey.InitProducerId))]
    [InlineData(nameof(ApiKey.AddPartitionsToTxn))]
    [InlineData(nameof(ApiKey.Produce))]
    [InlineData(nameof(ApiKey.AddOffsetsToTxn))]
    [InlineData(nameof(ApiKey.TxnOffsetCommit))]
    [InlineData(nameof(ApiKey.EndTxn))]
    public async Task Transaction_ResponsesOfOneApiLost_SameOutcome(string lost)
    {
        var (topic, group) = (await kafka.Topic(), kafka.Name("g"));
        await using var proxy = new KafkaProxy(kafka.Bootstrap);
        proxy.Decide = (api, nth) => api == Enum.Parse<ApiKey>(lost) && nth % 2 == 1 ? ProxyAction.DropResponse : ProxyAction.Forward;
        using var producer = Client.Transactional(proxy.Bootstrap, kafka.Name("tx"));
        using var consumer = Client.Consumer(kafka.Bootstrap, group);
        for (var round = 0; round < 4; round++)
        {
            producer.BeginTransaction();
            await producer.SendAll(topic, [$"{round}.0", $"{round}.1"]);
            Insist(() => producer.SendOffsetsToTransaction([new TopicPartitionOffset(topic, 0, round + 1)], consumer.ConsumerGroupMetadata, Client.Limit));
            if (round % 2 == 0) Insist(() => producer.CommitTransaction(Client.Limit));
            else Insist(() => producer.AbortTransaction(Client.Limit));
        }
        Assert.True(proxy.Interventions > 0, "no answer was lost");
        Assert.Equal(["0.0", "0.1", "2.0", "2.1"], await Reading.Committed(kafka.Bootstrap, topic));
        Assert.Equal(3, consumer.Committed([new TopicPartition(topic, 0)], Client.Limit)[0].Offset.Value);
    }

    [Fact]
    public async Task Transaction_RandomLosses_CommittedRecordsAreStoredOnce()
    {
        var topic = await kafka.Topic(2);
        await using var proxy = new KafkaProxy(kafka.Bootstrap);
        proxy.Decide = ProxyAction.AtRandom(
            seed: 3, 0.2, [ProxyAction.DropResponse, ProxyAction.DropRequest], ApiKey.InitProducerId, ApiKey.AddPartitionsToTxn, ApiKey.Produce, ApiKey.EndTxn);
        using var producer = Client.Transactional(proxy.Bootstrap, kafka.Name("tx"));
        for (var round = 0; round < 20; round++)
        {
            producer.BeginTransaction();
            for (var i = 0; i < 10; i++) producer.Produce(new TopicPartition(topic, i % 2), Client.Message($"{round:00}.{i}"));
            Insist(() => producer.Flush(Client.Limit));
            if (round % 4 != 3) Insist(() => producer.CommitTransaction(Client.Limit));
            else Insist(() => producer.AbortTransaction(Client.Limit));
        }
        Assert.True(proxy.Interventions > 0, "nothing was lost");
        foreach (var partition in (int[])[0, 1])
        {
            var expected =
                from round in Enumerable.Range(0, 20)
                where round % 4 != 3
                from i in Enumerable.Range(0, 10)
                where i % 2 == partition
                select $"{round:00}.{i}";
            Assert.Equal(expected, await Reading.Committed(kafka.Bootstrap, topic, partition));
        }
    }

    /// <summary>The coordinator has committed, and the producer dies without knowing: its successor finds the transaction committed.</summary>
    [Fact]
    public async Task Commit_ResponseNeverReceived_StaysCommitted()
    {
        var (topic, id) = (await kafka.Topic(2), kafka.Name("tx"));
        await DieWhileCommitting(topic, id, ProxyAction.DropResponse);
        using var successor = Client.Transactional(kafka.Bootstrap, id);
        await successor.InTransaction(topic, ["successor"], commit: true);
        foreach (var partition in (int[])[0, 1])
            Assert.Equal(["decided"], (await Reading.Committed(kafka.Bootstrap, topic, partition)).Where(value => value != "successor"));
    }

    /// <summary>The commit request never reached the coordinator: the successor aborts the transaction.</summary>
    [Fact]
    public async Task Commit_RequestNeverArrives_IsAbortedByTheSuccessor()
    {
        var (topic, id) = (await kafka.Topic(2), kafka.Name("tx"));
        await DieWhileCommitting(topic, id, ProxyAction.DropRequest);
        using var successor = Client.Transactional(kafka.Bootstrap, id);
        foreach (var partition in (int[])[0, 1]) Assert.Empty(await Reading.Committed(kafka.Bootstrap, topic, partition));
    }

    private async Task DieWhileCommitting(string topic, string id, ProxyAction onCommit)
    {
        await using var proxy = new KafkaProxy(kafka.Bootstrap);
        proxy.Decide = (api, _) => api == ApiKey.EndTxn ? onCommit : ProxyAction.Forward;
        using var producer = Client.Transactional(proxy.Bootstrap, id);
        producer.BeginTransaction();
        foreach (var partition in (int[])[0, 1]) await producer.Send(new TopicPartition(topic, partition), Client.Message("decided"));
        var unknown = Assert.ThrowsAny<KafkaException>(() => producer.CommitTransaction(TimeSpan.FromSeconds(1)));
        Assert.IsType<KafkaRetriableException>(unknown);
        Assert.True(proxy.Interventions > 0, "the commit was not disturbed");
    }

    // An error that the client calls retriable means the call must be repeated, with the same outcome.
    private static void Insist(Action step)
    {
        for (var deadline = DateTime.UtcNow + Client.Limit; ;)
        {
            try
            {
                step();
                return;
            }
            catch (KafkaRetriableException) when (DateTime.UtcNow < deadline)
            {
            }
        }
    }
}
