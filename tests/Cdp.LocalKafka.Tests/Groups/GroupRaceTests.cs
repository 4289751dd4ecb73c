using Cdp.LocalKafka.Groups.StateMachine;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Groups;

/// <summary>Commits, transactions and the deletion of groups at the same time: whatever the result, a restart from the log restores it.</summary>
public sealed class GroupRaceTests : IAsyncDisposable
{
    private static readonly string[] Ids = ["g", "h"];
    private static readonly ErrorCode[] Retriable = [ErrorCode.None, ErrorCode.CoordinatorNotAvailable];

    private readonly CoordinatorHarness _broker = new();

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Crash_AfterConcurrentCommitsAndDeletions_RestoresTheSameOffsets(int seed)
    {
        Parallel.Invoke(
            () => Repeat(seed, random => Assert.Contains(_broker.Commit(Group(random), random.Next(1000)), Retriable)),
            () => Repeat(seed + 1, random => Assert.Contains(_broker.Commit(Group(random), random.Next(1000)), Retriable)),
            () => Transactions(seed + 2),
            () => Repeat(seed + 3, random => Delete(Group(random))));

        var before = Offsets(Ids);
        await _broker.Crash();
        Assert.Equal(before, Offsets(Ids));
    }

    [Fact]
    public async Task Commit_ConcurrentlyWithADeletion_SurvivesACrashConsistently()
    {
        var ids = Enumerable.Range(0, 1000).Select(i => $"g{i}").ToArray();
        using var together = new Barrier(2);
        foreach (var id in ids) _broker.Commit(id, 1);
        Parallel.Invoke(
            () => Together(id => Assert.Contains(_broker.Commit(id, 2), Retriable)),
            () => Together(Delete));

        var before = Offsets(ids);
        await _broker.Crash();
        Assert.Equal(before, Offsets(ids));

        void Together(Action<string> act) => Array.ForEach(ids, id =>
        {
            Assert.True(together.SignalAndWait(TimeSpan.FromSeconds(20)), "the other thread has failed");
            act(id);
        });
    }

    private static void Repeat(int seed, Action<Random> act)
    {
        var random = new Random(seed);
        for (var turn = 0; turn < 300; turn++) act(random);
    }

    private static string Group(Random random) => Ids[random.Next(Ids.Length)];

    private void Transactions(int seed)
    {
        var producer = _broker.Producer();
        Repeat(seed, random =>
        {
            _broker.Begin(producer, CoordinatorHarness.Offsets);
            for (var commits = random.Next(3); commits >= 0; commits--)
                Assert.Contains(_broker.CommitOffset(producer, 1000 + random.Next(1000), group: Group(random)), Retriable);
            Assert.Equal(ErrorCode.None, _broker.End(producer, commit: random.Next(2) == 0));
        });
    }

    private void Delete(string id)
    {
        if (_broker.Groups.Find(id) is not { } group) return;
        lock (group.Gate)
            if (group.State == GroupState.Empty) Assert.Equal(ErrorCode.None, _broker.Groups.Remove(group));
    }

    private List<(string Group, CommittedOffset Offset)> Offsets(string[] ids) =>
        [.. ids.SelectMany(id => _broker.Groups.Find(id)?.Offsets.Committed.Values.Select(offset => (id, offset)) ?? [])];
}
