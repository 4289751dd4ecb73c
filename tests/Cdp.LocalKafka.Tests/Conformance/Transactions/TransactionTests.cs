using Cdp.LocalKafka.Tests.Support;
using Confluent.Kafka;

namespace Cdp.LocalKafka.Tests.Conformance.Transactions;

/// <summary>What consumers see of transactions (KIP-98), from one producer and from several at once.</summary>
[Trait("tier", "integration")]
public sealed class TransactionTests(KafkaFixture kafka)
{
    [Fact]
    public async Task End_CommitsAndAborts_ReadersSeeOnlyWhatWasCommitted()
    {
        var topic = await kafka.Topic();
        using var producer = Client.Transactional(kafka.Bootstrap, kafka.Name("tx"));
        for (var round = 0; round < 6; round++) await producer.InTransaction(topic, Round(round), commit: round % 2 == 0);

        Assert.Equal([.. Round(0), .. Round(2), .. Round(4)], await Reading.Committed(kafka.Bootstrap, topic));
        Assert.Equal(60, Reading.Values(kafka.Bootstrap, topic, IsolationLevel.ReadUncommitted).Count());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task End_SeveralPartitionsAndTopics_EndTogether(bool commit)
    {
        var topics = new[] { await kafka.Topic(2), await kafka.Topic(2) };
        var partitions = (from topic in topics from partition in (int[])[0, 1] select new TopicPartition(topic, partition)).ToList();
        using var producer = Client.Transactional(kafka.Bootstrap, kafka.Name("tx"));
        producer.BeginTransaction();
        foreach (var partition in partitions) await producer.Send(partition, Client.Message("x"));
        Assert.All(partitions, partition => Assert.Empty(Reading.Values(kafka.Bootstrap, partition.Topic, partition: partition.Partition)));

        if (commit) producer.CommitTransaction(Client.Limit);
        else producer.AbortTransaction(Client.Limit);
        foreach (var partition in partitions)
            Assert.Equal(commit ? ["x"] : [], await Reading.Committed(kafka.Bootstrap, partition.Topic, partition.Partition));
    }

    /// <summary>
    /// The last stable offset (KIP-98): records after the start of an open transaction stay hidden until it ends, regardless of their producer.
    /// </summary>
    [Fact]
    public async Task Read_TransactionOpen_StopsReadCommittedUntilItEnds()
    {
        var topic = await kafka.Topic();
        using var admin = Client.Admin(kafka.Bootstrap);
        using var plain = Client.Producer(kafka.Bootstrap);
        using var producer = Client.Transactional(kafka.Bootstrap, kafka.Name("tx"));
        await plain.Send(topic, Client.Message("before"));
        producer.BeginTransaction();
        await producer.Send(topic, Client.Message("inside"));
        await plain.Send(topic, Client.Message("after"));

        Assert.Equal(["before"], Reading.Values(kafka.Bootstrap, topic));
        Assert.Equal(["before", "inside", "after"], Reading.Values(kafka.Bootstrap, topic, IsolationLevel.ReadUncommitted));
        Assert.Equal(
            (1, 3), (await Reading.End(admin, topic, 0, IsolationLevel.ReadCommitted), await Reading.End(admin, topic, 0, IsolationLevel.ReadUncommitted)));
        producer.CommitTransaction(Client.Limit);
        Assert.Equal(["before", "inside", "after"], await Reading.Committed(kafka.Bootstrap, topic));
    }

    [Fact]
    public async Task End_InterleavedProducersInOnePartition_EndIndependently()
    {
        var topic = await kafka.Topic();
        var producers = Enumerable.Range(0, 4).Select(i => Client.Transactional(kafka.Bootstrap, kafka.Name($"tx{i}"))).ToList();
        try
        {
            foreach (var producer in producers) producer.BeginTransaction();
            for (var i = 0; i < 5; i++)
                for (var p = 0; p < producers.Count; p++) await producers[p].Send(topic, Client.Message($"{p}.{i}"));

            // The transactions end in a different order than they began.
            foreach (var p in (int[])[2, 0, 3, 1])
            {
                if (p % 2 == 0) producers[p].CommitTransaction(Client.Limit);
                else producers[p].AbortTransaction(Client.Limit);
            }
            var expected = from i in Enumerable.Range(0, 5) from p in (int[])[0, 2] select $"{p}.{i}";
            Assert.Equal(expected, await Reading.Committed(kafka.Bootstrap, topic));
        }
        finally
        {
            foreach (var producer in producers) producer.Dispose();
        }
    }

    /// <summary>A consumer that restarts often, each time in the middle of the log, sees the same records as one that reads all at once.</summary>
    [Fact]
    public async Task Read_CommittedFromAnyOffset_SkipsAbortedRecords()
    {
        var topic = await kafka.Topic();
        using var producer = Client.Transactional(kafka.Bootstrap, kafka.Name("tx"));
        for (var round = 0; round < 4; round++) await producer.InTransaction(topic, Round(round), commit: round % 2 == 1);
        var all = await Reading.Committed(kafka.Bootstrap, topic);
        var offsets = Reading.ReadAll(kafka.Bootstrap, topic).Select(record => record.Offset.Value).ToList();

        using var consumer = Client.Consumer(kafka.Bootstrap, kafka.Name("g"), configure: config => config.EnablePartitionEof = false);
        foreach (var from in Enumerable.Range(0, (int)offsets[^1] + 1))
        {
            consumer.Assign(new TopicPartitionOffset(topic, 0, from));
            Assert.Equal(offsets.First(offset => offset >= from), consumer.Consume(Client.Limit).Offset.Value);
        }
        Assert.Equal([.. Round(1), .. Round(3)], all);
    }

    [Fact]
    public async Task End_EmptyTransactions_WriteNothing()
    {
        var topic = await kafka.Topic();
        using var admin = Client.Admin(kafka.Bootstrap);
        using var producer = Client.Transactional(kafka.Bootstrap, kafka.Name("tx"));
        await producer.InTransaction(topic, [], commit: true);
        await producer.InTransaction(topic, [], commit: false);
        Assert.Equal(0, await Reading.End(admin, topic, 0, IsolationLevel.ReadUncommitted));
        await producer.InTransaction(topic, ["x"], commit: true);
        Assert.Equal(["x"], await Reading.Committed(kafka.Bootstrap, topic));
    }

    private static string[] Round(int round) => [.. Enumerable.Range(0, 10).Select(i => $"{round}.{i}")];
}

internal static class TransactionSteps
{
    /// <summary>One transaction from beginning to end. It ends only when all its records have arrived, so that even an aborted one was in the log.</summary>
    public static async Task InTransaction(this IProducer<string?, string?> producer, string topic, IEnumerable<string> values, bool commit)
    {
        producer.BeginTransaction();
        await producer.SendAll(topic, values);
        if (commit) producer.CommitTransaction(Client.Limit);
        else producer.AbortTransaction(Client.Limit);
    }
}
