using Cdp.Integration.Stack;
using Cdp.Streaming.Clients;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Xunit;

namespace Cdp.Integration;

/// <summary>A third-party client reads a topic.</summary>
public sealed class KcatTests(TestStack stack)
{
    [Fact]
    public async Task Consume_GroupReadCommitted_ReadsEachCommittedRecordOnce()
    {
        var kcat = Tool.Require("kcat", "kcat");
        await using var cluster = await stack.ClusterAsync();
        var topic = cluster.Prefix + "tapped";
        using (var admin = new AdminClientBuilder(cluster.Kafka.Admin()).Build())
        {
            await admin.CreateTopicsAsync([new TopicSpecification { Name = topic, NumPartitions = 1 }]);
        }
        using var producer = Producer(cluster);
        await InTransactionAsync(producer, topic, ["a", "b"], commit: true);
        await InTransactionAsync(producer, topic, ["aborted"], commit: false);
        await InTransactionAsync(producer, topic, ["c"], commit: true);

        Assert.Equal(["a", "b", "c"], await ConsumeAsync(kcat, cluster, topic));
        await InTransactionAsync(producer, topic, ["d"], commit: true);
        Assert.Equal(["d"], await ConsumeAsync(kcat, cluster, topic));
    }

    private static IProducer<Null, string> Producer(Cluster cluster)
    {
        var config = cluster.Kafka.Producer();
        config.TransactionalId = cluster.Prefix + "producer";
        var producer = new ProducerBuilder<Null, string>(config).Build();
        producer.InitTransactions(TimeSpan.FromSeconds(15));
        return producer;
    }

    private static async Task InTransactionAsync(IProducer<Null, string> producer, string topic, string[] values, bool commit)
    {
        producer.BeginTransaction();
        foreach (var value in values) await producer.ProduceAsync(topic, new Message<Null, string> { Value = value });
        if (commit) producer.CommitTransaction();
        else producer.AbortTransaction();
    }

    // -e: read until the end of the topic. kcat commits its offsets when it exits.
    private static async Task<string[]> ConsumeAsync(string kcat, Cluster cluster, string topic)
    {
        string[] arguments =
        [
            "-b", cluster.Kafka.BootstrapServers, "-X", "isolation.level=read_committed", "-X", "auto.offset.reset=earliest", "-q", "-e",
            "-G", cluster.Prefix + "kcat", topic,
        ];
        var (_, output, _) = await ToolProcess.RunAsync(kcat, arguments, TimeSpan.FromSeconds(30));
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
