using Cdp.LocalKafka.Tests.Support;
using Confluent.Kafka;

namespace Cdp.LocalKafka.Tests.Conformance.Transactions;

/// <summary>
/// Only the latest producer of a transactional id may write and end transactions; transactions that an earlier producer left open are aborted.
/// </summary>
[Trait("tier", "integration")]
public sealed class FencingTests(KafkaFixture kafka)
{
    [Fact]
    public async Task InitTransactions_SameId_FencesTheOlderProducerAndAbortsItsTransaction()
    {
        var (topic, id) = (await kafka.Topic(), kafka.Name("tx"));
        using var fenced = Client.Transactional(kafka.Bootstrap, id);
        fenced.BeginTransaction();
        await fenced.Send(topic, Client.Message("fenced"));

        using var successor = Client.Transactional(kafka.Bootstrap, id);
        await successor.InTransaction(topic, ["successor"], commit: true);

        AssertFenced(Assert.ThrowsAny<KafkaException>(() => fenced.CommitTransaction(Client.Limit)));
        Assert.Equal(["successor"], await Reading.Committed(kafka.Bootstrap, topic));
    }

    [Fact]
    public async Task Send_FencedProducerAfterItsTransactionWasAborted_IsRefused()
    {
        var (topic, id) = (await kafka.Topic(), kafka.Name("tx"));
        using var fenced = Client.Transactional(kafka.Bootstrap, id);
        fenced.BeginTransaction();
        await fenced.Send(topic, Client.Message("in time"));
        using var successor = Client.Transactional(kafka.Bootstrap, id);

        await Assert.ThrowsAnyAsync<ProduceException<string?, string?>>(() => fenced.Send(topic, Client.Message("too late")));
        Assert.Empty(await Reading.Committed(kafka.Bootstrap, topic));
        Assert.Equal(["in time"], Reading.Values(kafka.Bootstrap, topic, IsolationLevel.ReadUncommitted));
    }

    [Fact]
    public async Task Commit_FencedProducerWithANewTransaction_IsRefused()
    {
        var (topic, id) = (await kafka.Topic(), kafka.Name("tx"));
        using var fenced = Client.Transactional(kafka.Bootstrap, id);
        await fenced.InTransaction(topic, ["first"], commit: true);
        using var successor = Client.Transactional(kafka.Bootstrap, id);

        fenced.BeginTransaction();
        fenced.Produce(topic, Client.Message("second"));
        AssertFenced(Assert.ThrowsAny<KafkaException>(() => fenced.CommitTransaction(Client.Limit)));
        Assert.Equal(["first"], await Reading.Committed(kafka.Bootstrap, topic));
    }

    [Fact]
    public async Task InitTransactions_PredecessorDiedInATransaction_AbortsIt()
    {
        var (topic, id) = (await kafka.Topic(2), kafka.Name("tx"));
        using (var killed = Client.Transactional(kafka.Bootstrap, id))
        {
            killed.BeginTransaction();
            await killed.Send(new TopicPartition(topic, 0), Client.Message("lost"));
            await killed.Send(new TopicPartition(topic, 1), Client.Message("lost"));
        }

        using var successor = Client.Transactional(kafka.Bootstrap, id);
        successor.BeginTransaction();
        await successor.Send(new TopicPartition(topic, 0), Client.Message("kept"));
        successor.CommitTransaction(Client.Limit);
        Assert.Equal(["kept"], await Reading.Committed(kafka.Bootstrap, topic));
        Assert.Empty(await Reading.Committed(kafka.Bootstrap, topic, partition: 1));
    }

    [Fact]
    public async Task Timeout_IdleTransaction_IsAbortedAndItsProducerFenced()
    {
        var topic = await kafka.Topic();
        using var producer = Client.Transactional(kafka.Bootstrap, kafka.Name("tx"), timeoutMs: 1000);
        using var plain = Client.Producer(kafka.Bootstrap);
        producer.BeginTransaction();
        await producer.Send(topic, Client.Message("late"));
        await plain.Send(topic, Client.Message("plain"));

        // A read_committed consumer gets past the open transaction only once the coordinator ends it.
        Assert.Equal(["plain"], await Reading.Committed(kafka.Bootstrap, topic));
        AssertFenced(Assert.ThrowsAny<KafkaException>(() => producer.CommitTransaction(Client.Limit)));
        Assert.Equal(["plain"], await Reading.Committed(kafka.Bootstrap, topic));
    }

    [Fact]
    public async Task InitTransactions_SeveralTimesInARow_OnlyTheLastProducerCanWrite()
    {
        var (topic, id) = (await kafka.Topic(), kafka.Name("tx"));
        var line = Enumerable.Range(0, 5).Select(_ => Client.Transactional(kafka.Bootstrap, id)).ToList();
        try
        {
            await line[^1].InTransaction(topic, ["last"], commit: true);
            foreach (var fenced in line[..^1])
            {
                fenced.BeginTransaction();
                fenced.Produce(topic, Client.Message("fenced"));
                AssertFenced(Assert.ThrowsAny<KafkaException>(() => fenced.CommitTransaction(Client.Limit)));
            }
            Assert.Equal(["last"], await Reading.Committed(kafka.Bootstrap, topic));
        }
        finally
        {
            foreach (var producer in line) producer.Dispose();
        }
    }

    // Which error code a broker returns depends on the request and its version (KIP-588); the client treats each of them as fatal.
    private static void AssertFenced(KafkaException refused)
    {
        Assert.True(refused.Error.IsFatal, refused.Error.ToString());
        Assert.Contains(refused.Error.Code, new[] { ErrorCode.Local_Fenced, ErrorCode.ProducerFenced, ErrorCode.InvalidProducerEpoch });
    }
}
