using Cdp.LocalKafka.Tests.Conformance.Proxy;
using Cdp.LocalKafka.Tests.Support;
using Confluent.Kafka;
using ApiKey = Cdp.LocalKafka.Protocol.ApiKey;

namespace Cdp.LocalKafka.Tests.Conformance.Groups;

/// <summary>Groups whose requests and responses get lost: no record is skipped, and a member that was removed cannot commit.</summary>
[Trait("tier", "integration")]
public sealed class GroupRetryTests(KafkaFixture kafka)
{
    [Fact]
    public async Task Consume_GroupResponsesLost_SkipsNoRecord()
    {
        var (topic, group) = (await kafka.Topic(4), kafka.Name("g"));
        using (var producer = Client.Producer(kafka.Bootstrap))
            await Task.WhenAll(Enumerable.Range(0, 400).Select(i => producer.Send(new TopicPartition(topic, i % 4), Client.Message($"{i / 4}"))));
        await using var proxy = new KafkaProxy(kafka.Bootstrap);
        proxy.Decide = ProxyAction.AtRandom(
            seed: 4, 0.15, [ProxyAction.DropResponse, ProxyAction.DropRequest], ApiKey.JoinGroup, ApiKey.SyncGroup, ApiKey.Heartbeat, ApiKey.OffsetCommit,
            ApiKey.OffsetFetch);
        using var first = Client.Consumer(proxy.Bootstrap, group);
        using var second = Client.Consumer(proxy.Bootstrap, group);
        first.Subscribe(topic);
        second.Subscribe(topic);

        // A lost first JoinGroup leaves a pending member (KIP-394). The rebalance waits for it until its session times out.
        var done = new HashSet<(int Partition, long Offset)>();
        for (var deadline = DateTime.UtcNow + (2 * Client.Limit); done.Count < 400;)
        {
            Assert.True(DateTime.UtcNow < deadline, $"{done.Count} records after {2 * Client.Limit}");
            foreach (var consumer in (IConsumer<string?, string?>[])[first, second])
            {
                if (consumer.Consume(TimeSpan.FromMilliseconds(20)) is not { IsPartitionEOF: false } record) continue;
                Assert.True(
                    record.Offset == 0 || done.Contains((record.Partition, record.Offset.Value - 1)),
                    $"{record.TopicPartitionOffset} came before its forerunner");
                done.Add((record.Partition, record.Offset.Value));
                if (record.Offset.Value % 10 == 9) CommitIfStillMine(consumer, record);
            }
        }
        Assert.True(proxy.Interventions > 0, "nothing was lost");
    }

    [Fact]
    public async Task Commit_MemberWhoseHeartbeatsWereLost_IsRefused()
    {
        var (topic, group) = (await kafka.Topic(2), kafka.Name("g"));
        await using var proxy = new KafkaProxy(kafka.Bootstrap);
        using var successor = Client.Consumer(kafka.Bootstrap, group);
        using var fenced = Client.Consumer(proxy.Bootstrap, group);
        successor.Subscribe(topic);
        fenced.Subscribe(topic);
        Wait.Polling(() => successor.Assignment.Count == 1 && fenced.Assignment.Count == 1, successor, fenced);
        var mine = fenced.Assignment[0];

        proxy.Decide = (api, _) => api is ApiKey.Heartbeat or ApiKey.JoinGroup ? ProxyAction.DropRequest : ProxyAction.Forward;
        Wait.Polling(() => successor.Assignment.Count == 2, successor);
        successor.Commit([new TopicPartitionOffset(mine, 5)]);
        var refused = Assert.ThrowsAny<KafkaException>(() => fenced.Commit([new TopicPartitionOffset(mine, 1)]));
        Assert.Contains(refused.Error.Code, new[] { ErrorCode.UnknownMemberId, ErrorCode.IllegalGeneration });
        Assert.Equal(5, successor.Committed([mine], Client.Limit)[0].Offset.Value);
    }

    private static void CommitIfStillMine(IConsumer<string?, string?> consumer, ConsumeResult<string?, string?> record)
    {
        try
        {
            consumer.Commit(record);
        }
        catch (KafkaException e) when (
            e.Error.Code is ErrorCode.RebalanceInProgress or ErrorCode.IllegalGeneration or ErrorCode.UnknownMemberId || e.Error.IsLocalError)
        {
            // The rebalance gives the partition and its last committed offset to another member.
        }
    }
}
