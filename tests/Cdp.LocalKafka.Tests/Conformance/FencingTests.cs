using Confluent.Kafka;

namespace Cdp.LocalKafka.Tests.Conformance;

/// <summary>Only the latest producer of a transactional id may write or decide; what its forerunner left open is aborted.</summary>
public sealed class FencingTests(KafkaFixture kafka)
{
    [Fact]
    public async Task InitTransactions_SameId_FencesTheOlderProducerAndAbortsItsTransaction()
    {
        var (topic, id) = (await kafka.Topic(), kafka.Name("tx"));
        using var zombie = Client.Transactional(kafka.Bootstrap, id);
        zombie.BeginTransaction();
        await zombie.Send(topic, Client.Message("zombie"));

        using var heir = Client.Transactional(kafka.Bootstrap, id);
        await heir.InTransaction(topic, ["heir"], commit: true);

        AssertFenced(Assert.ThrowsAny<KafkaException>(() => zombie.CommitTransaction(Client.Limit)));
        Assert.Equal(["heir"], await Reading.Committed(kafka.Bootstrap, topic));
    }

    [Fact]
    public async Task Zombie_WritingAfterItsTransactionWasAborted_IsRefused()
    {
        var (topic, id) = (await kafka.Topic(), kafka.Name("tx"));
        using var zombie = Client.Transactional(kafka.Bootstrap, id);
        zombie.BeginTransaction();
        await zombie.Send(topic, Client.Message("in time"));
        using var heir = Client.Transactional(kafka.Bootstrap, id);

        await Assert.ThrowsAnyAsync<ProduceException<string?, string?>>(() => zombie.Send(topic, Client.Message("too late")));
        Assert.Empty(await Reading.Committed(kafka.Bootstrap, topic));
        Assert.Equal(["in time"], Reading.Values(kafka.Bootstrap, topic, IsolationLevel.ReadUncommitted));
    }

    [Fact]
    public async Task Zombie_WithNothingOpen_CannotBeginAgain()
    {
        var (topic, id) = (await kafka.Topic(), kafka.Name("tx"));
        using var zombie = Client.Transactional(kafka.Bootstrap, id);
        await zombie.InTransaction(topic, ["first"], commit: true);
        using var heir = Client.Transactional(kafka.Bootstrap, id);

        zombie.BeginTransaction();
        zombie.Produce(topic, Client.Message("second"));
        AssertFenced(Assert.ThrowsAny<KafkaException>(() => zombie.CommitTransaction(Client.Limit)));
        Assert.Equal(["first"], await Reading.Committed(kafka.Bootstrap, topic));
    }

    [Fact]
    public async Task ProducerKilledInItsTransaction_ItsHeirAbortsWhatItLeft()
    {
        var (topic, id) = (await kafka.Topic(2), kafka.Name("tx"));
        using (var killed = Client.Transactional(kafka.Bootstrap, id))
        {
            killed.BeginTransaction();
            await killed.Send(new TopicPartition(topic, 0), Client.Message("lost"));
            await killed.Send(new TopicPartition(topic, 1), Client.Message("lost"));
        }

        using var heir = Client.Transactional(kafka.Bootstrap, id);
        heir.BeginTransaction();
        await heir.Send(new TopicPartition(topic, 0), Client.Message("kept"));
        heir.CommitTransaction(Client.Limit);
        Assert.Equal(["kept"], await Reading.Committed(kafka.Bootstrap, topic));
        Assert.Empty(await Reading.Committed(kafka.Bootstrap, topic, partition: 1));
    }

    [Fact]
    public async Task Timeout_OfAnIdleTransaction_AbortsItAndFencesTheProducer()
    {
        var topic = await kafka.Topic();
        using var producer = Client.Transactional(kafka.Bootstrap, kafka.Name("tx"), timeoutMs: 1000);
        using var plain = Client.Producer(kafka.Bootstrap);
        producer.BeginTransaction();
        await producer.Send(topic, Client.Message("late"));
        await plain.Send(topic, Client.Message("plain"));

        // A committed reader gets past the open transaction only when the coordinator ends it.
        Assert.Equal(["plain"], await Reading.Committed(kafka.Bootstrap, topic));
        AssertFenced(Assert.ThrowsAny<KafkaException>(() => producer.CommitTransaction(Client.Limit)));
        Assert.Equal(["plain"], await Reading.Committed(kafka.Bootstrap, topic));
    }

    [Fact]
    public async Task Heirs_ManyInARow_OnlyTheLastWrites()
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

    // Which code a broker names depends on the request and its version (KIP-588); the client makes one fatal error of them.
    private static void AssertFenced(KafkaException refused)
    {
        Assert.True(refused.Error.IsFatal, refused.Error.ToString());
        Assert.Contains(refused.Error.Code, new[] { ErrorCode.Local_Fenced, ErrorCode.ProducerFenced, ErrorCode.InvalidProducerEpoch });
    }
}
