using Cdp.LocalKafka.Groups.StateMachine;
using Cdp.LocalKafka.Log.Configuration;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Tests.Groups;
using Cdp.LocalKafka.Tests.Support;
using static Cdp.LocalKafka.Tests.Support.CoordinatorHarness;

namespace Cdp.LocalKafka.Tests.Transactions;

/// <summary>The coordinators on their own topics while these are compacted again and again.</summary>
public sealed class CompactionTests : IAsyncDisposable
{
    private static readonly TopicPartition States = new(TopicStore.TransactionsTopic, 0);
    private readonly CoordinatorHarness _broker = new();

    public CompactionTests()
    {
        foreach (var topic in (string[])[TopicStore.OffsetsTopic, TopicStore.TransactionsTopic])
            _broker.Topics.Configure(
                topic, configs => new SortedDictionary<string, string>(configs.ToDictionary(), StringComparer.Ordinal) { [TopicConfig.SegmentBytes] = "1000" });
    }

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Fact]
    public async Task Crash_AfterCleanings_RestoresGroupsOffsetsAndTransactions()
    {
        var (member, generation) = await _broker.Consume("g", "consumer", "a");
        var producer = _broker.Producer();
        var cleaned = 0;
        for (var i = 1; i <= 60; i++)
        {
            Assert.Equal(ErrorCode.None, _broker.Commit("g", i, member, generation));
            Assert.Equal(ErrorCode.None, _broker.Commit($"gone{i}", i));
            _broker.Begin(producer, A0, Offsets);
            Assert.Equal(ErrorCode.None, _broker.CommitOffset(producer, 1000 + i, group: "h"));
            Assert.Equal(ErrorCode.None, _broker.End(producer, commit: i % 3 != 0));
            if (i % 10 == 0) cleaned += Clean(Offsets) + Clean(States);
            if (i % 20 == 0) await _broker.Crash();
        }
        _broker.Begin(producer, A0, Offsets);
        Assert.Equal(ErrorCode.None, _broker.CommitOffset(producer, 2000, group: "h"));
        cleaned += Clean(Offsets) + Clean(States);
        Assert.True(cleaned > 250, $"only {cleaned} records fewer");

        await _broker.Crash();

        Assert.Equal((GroupState.Stable, generation), (_broker.Groups.Find("g")!.State, _broker.Groups.Find("g")!.Generation));
        Assert.Equal(ErrorCode.None, _broker.Heartbeat("g", member, generation));
        Assert.Equal((ErrorCode.None, 60), _broker.Fetch(group: "g"));
        Assert.All(Enumerable.Range(1, 60), i => Assert.Equal((ErrorCode.None, i), _broker.Fetch(group: $"gone{i}")));
        Assert.Equal((ErrorCode.None, 1059), _broker.Fetch(requireStable: false, group: "h"));
        Assert.Equal(ErrorCode.UnstableOffsetCommit, _broker.Fetch(group: "h").Error);

        Assert.Equal(ErrorCode.None, _broker.End(producer, commit: true));
        Assert.Equal((ErrorCode.None, 2000), _broker.Fetch(group: "h"));
        Assert.Equal((producer.Id, (short)(producer.Epoch + 1)), _broker.Producer());
    }

    // Returns how many records were removed.
    private int Clean(TopicPartition partition)
    {
        var log = _broker.Log(partition);
        var (before, end) = (log.Records(0).Count(), log.HighWatermark);
        log.Clean(step => step.Run(), CancellationToken.None);
        Assert.Equal(end, log.HighWatermark);
        return before - log.Records(0).Count();
    }
}
