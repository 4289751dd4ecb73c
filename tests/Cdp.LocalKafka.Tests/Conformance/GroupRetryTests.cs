using Cdp.LocalKafka.Tests.Conformance.Proxy;
using Confluent.Kafka;
using ApiKey = Cdp.LocalKafka.Protocol.ApiKey;

namespace Cdp.LocalKafka.Tests.Conformance;

/// <summary>Groups whose requests and answers go missing: nothing is skipped, and who was given up may not commit.</summary>
public sealed class GroupRetryTests(KafkaFixture kafka)
{
    [Fact]
    public async Task LostAnswers_OfTheGroupsRequests_SkipNoRecord()
    {
        var (topic, group) = (await kafka.Topic(4), kafka.Name("g"));
        using (var producer = Client.Producer(kafka.Bootstrap))
            await Task.WhenAll(Enumerable.Range(0, 400).Select(i => producer.Send(new TopicPartition(topic, i % 4), Client.Message($"{i / 4}"))));
        await using var proxy = new KafkaProxy(kafka.Bootstrap);
        proxy.Decide = Fate.ByChance(seed: 4, 0.15, [Fate.LoseAnswer, Fate.DropBefore], ApiKey.JoinGroup, ApiKey.SyncGroup, ApiKey.Heartbeat, ApiKey.OffsetCommit, ApiKey.OffsetFetch);
        using var first = Client.Consumer(proxy.Bootstrap, group);
        using var second = Client.Consumer(proxy.Bootstrap, group);
        first.Subscribe(topic);
        second.Subscribe(topic);

        // A lost first JoinGroup leaves a pending member (KIP-394), for which the rebalance waits as long as its session lasts.
        var done = new HashSet<(int Partition, long Offset)>();
        for (var deadline = DateTime.UtcNow + (2 * Client.Limit); done.Count < 400;)
        {
            Assert.True(DateTime.UtcNow < deadline, $"{done.Count} records after {2 * Client.Limit}");
            foreach (var consumer in (IConsumer<string?, string?>[])[first, second])
            {
                if (consumer.Consume(TimeSpan.FromMilliseconds(20)) is not { IsPartitionEOF: false } record) continue;
                Assert.True(record.Offset == 0 || done.Contains((record.Partition, record.Offset.Value - 1)), $"{record.TopicPartitionOffset} came before its forerunner");
                done.Add((record.Partition, record.Offset.Value));
                if (record.Offset.Value % 10 == 9) CommitIfStillMine(consumer, record);
            }
        }
        Assert.True(proxy.Meddled > 0, "nothing was lost");
    }

    [Fact]
    public async Task MemberWhoseHeartbeatsNeverArrive_IsGivenUpAndItsCommitRefused()
    {
        var (topic, group) = (await kafka.Topic(2), kafka.Name("g"));
        await using var proxy = new KafkaProxy(kafka.Bootstrap);
        using var heir = Client.Consumer(kafka.Bootstrap, group);
        using var zombie = Client.Consumer(proxy.Bootstrap, group);
        heir.Subscribe(topic);
        zombie.Subscribe(topic);
        Wait.Polling(() => heir.Assignment.Count == 1 && zombie.Assignment.Count == 1, heir, zombie);
        var mine = zombie.Assignment[0];

        proxy.Decide = (api, _) => api is ApiKey.Heartbeat or ApiKey.JoinGroup ? Fate.DropBefore : Fate.Forward;
        Wait.Polling(() => heir.Assignment.Count == 2, heir);
        heir.Commit([new TopicPartitionOffset(mine, 5)]);
        var refused = Assert.ThrowsAny<KafkaException>(() => zombie.Commit([new TopicPartitionOffset(mine, 1)]));
        Assert.Contains(refused.Error.Code, new[] { ErrorCode.UnknownMemberId, ErrorCode.IllegalGeneration });
        Assert.Equal(5, heir.Committed([mine], Client.Limit)[0].Offset.Value);
    }

    private static void CommitIfStillMine(IConsumer<string?, string?> consumer, ConsumeResult<string?, string?> record)
    {
        try
        {
            consumer.Commit(record);
        }
        catch (KafkaException e) when (e.Error.Code is ErrorCode.RebalanceInProgress or ErrorCode.IllegalGeneration or ErrorCode.UnknownMemberId || e.Error.IsLocalError)
        {
            // The rebalance hands the partition, with its last commit, to whoever gets it.
        }
    }
}
