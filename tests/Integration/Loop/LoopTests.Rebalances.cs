using cdp;
using Cdp.Contracts;
using Cdp.Streaming.Admin;
using Cdp.Streaming.Clients;
using Confluent.Kafka;
using Xunit;

namespace Cdp.Integration.Loop;

/// <content>Members of the group join, leave and are expelled.</content>
public sealed partial class LoopTests
{
    [Fact]
    public async Task Run_MembersJoinAndLeave_CopyEachRecordOnce()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 1_000);
        var (first, second) = (new RecordingProcessor(), new RecordingProcessor());
        await using var one = LoopRun.Start(cluster, first, "one", maxRecords: 50);
        await Eventually.TrueAsync(() => Sum(first, "committed") > 0, "the first member works");
        await using var two = LoopRun.Start(cluster, second, "two", maxRecords: 50);
        await cluster.ProduceAsync(1_000, 1_000);
        await Eventually.TrueAsync(() => Sum(second, "assigned") > 0, "the second member has its share");
        await cluster.ProduceAsync(2_000, 1_000);
        await Eventually.TrueAsync(() => Sum(second, "committed") > 0, "the second member works");
        await one.StopAsync();
        await cluster.ProduceAsync(3_000, 1_000);

        await AssertCopiedAsync(cluster, 4_000);
        await two.StopAsync();
        Assert.True(Sum(first, "revoked") > 0, "the first member gave nothing up");
    }

    [Fact]
    public async Task Run_MoreMembersThanPartitions_AllAreReady()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 10);
        var runs = Enumerable.Range(0, cluster.Kafka.Partitions + 1).Select(i => LoopRun.Start(cluster, new RecordingProcessor(), $"{i}")).ToList();
        try
        {
            await Eventually.TrueAsync(() => runs.All(run => run.Readiness.IsReady), "every member is ready, including the one without a partition");
        }
        finally
        {
            await Task.WhenAll(runs.Select(run => run.DisposeAsync().AsTask()));
        }
    }

    [Fact]
    public async Task Run_RebalanceDuringALongRead_DropsRecordsNoLongerOwned()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 400);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var (first, second) = (new RecordingProcessor { OnRead = _ => release.Task }, new RecordingProcessor());
        await using var one = LoopRun.Start(cluster, first, "one");
        await Eventually.TrueAsync(() => Sum(first, "read") > 0, "the first member reads");
        await using var two = LoopRun.Start(cluster, second, "two");
        await Eventually.TrueAsync(() => Sum(first, "revoked") > 0 && Sum(second, "committed") > 0, "the second member took over a share and works on it");
        release.SetResult();

        await AssertCopiedAsync(cluster, 400);
        await one.StopAsync();
        await two.StopAsync();
        Assert.Equal(400, Sum(first, "committed") + Sum(second, "committed"));
    }

    [Fact]
    public async Task Run_SuccessorWithTheSameName_FencesTheZombie()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 200);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var (zombie, successor) = (new RecordingProcessor { OnRead = _ => release.Task }, new RecordingProcessor());
        await using var one = LoopRun.Start(cluster, zombie, "same");
        await Eventually.TrueAsync(() => Sum(zombie, "read") > 0, "the zombie has read");
        await using var two = LoopRun.Start(cluster, successor, "same");
        await Eventually.TrueAsync(() => Sum(successor, "assigned") > 0, "the successor has joined");
        release.SetResult();

        Assert.IsAssignableFrom<KafkaException>(await one.Ended.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        await AssertCopiedAsync(cluster, 200);
        await two.StopAsync();
        Assert.Equal(0, Sum(zombie, "committed"));
    }

    [Fact]
    public async Task Run_PartitionsRevokedWhilePausedAndComeBack_AreReadAgain()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 400);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var (first, second) = (new RecordingProcessor { OnRead = _ => release.Task }, new RecordingProcessor());
        await using var one = LoopRun.Start(cluster, first, "one");
        await Eventually.TrueAsync(() => Sum(first, "read") > 0, "the first member reads");
        await using var two = LoopRun.Start(cluster, second, "two");
        await Eventually.TrueAsync(() => Sum(first, "revoked") > 0 && Sum(second, "committed") > 0, "the second member took over a share and works on it");
        release.SetResult();
        await AssertCopiedAsync(cluster, 400);

        await two.StopAsync();
        await cluster.ProduceAsync(400, 400);

        await AssertCopiedAsync(cluster, 800);
        await one.StopAsync();
    }

    [Fact]
    public async Task Run_FailsAfterACommitDuringARebalance_EndsWithoutDuplicates()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 400);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var (first, second) = (
            new RecordingProcessor { OnRead = _ => release.Task, OnCommitted = () => throw new InvalidOperationException("after the commit") },
            new RecordingProcessor());
        await using var one = LoopRun.Start(cluster, first, "one");
        await Eventually.TrueAsync(() => Sum(first, "read") > 0, "the first member reads");
        await using var two = LoopRun.Start(cluster, second, "two");
        await Eventually.TrueAsync(() => Sum(first, "revoked") > 0, "the first member gave up a share");
        release.SetResult();

        Assert.IsType<InvalidOperationException>(await one.Ended.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        await AssertCopiedAsync(cluster, 400);
        await two.StopAsync();
    }

    [Fact]
    public async Task Run_BadRecordOfALostPartition_IsLeftToTheNewOwner()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 1);
        var (reads, release) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var first = new RecordingProcessor
        {
            OnRead = async batch =>
            {
                if (Number(batch[0]) != 0) return;
                if (Interlocked.Increment(ref reads) > 1) await release.Task;
                throw new InvalidOperationException("cannot read it");
            },
        };
        await using var one = LoopRun.Start(cluster, first, "one");
        await Eventually.TrueAsync(() => reads > 1, "the first member tries for the second time");
        // With three members on four partitions, no member keeps all. The assignor chooses which member loses this partition, so add members until the first
        // one does.
        List<(LoopRun Run, RecordingProcessor Processor)> others = [];
        try
        {
            for (var i = 0; i < 4 && others.All(other => Sum(other.Processor, "committed") == 0); i++)
            {
                var processor = new RecordingProcessor();
                others.Add((LoopRun.Start(cluster, processor, $"other-{i}"), processor));
                await Eventually.TrueAsync(() => Sum(processor, "assigned") > 0, "a further member has its share");
                await Eventually.TrueAsync(
                    () => others.Any(other => Sum(other.Processor, "committed") > 0) || Sum(first, "revoked") + 1 > i, "the first member gave up a share");
            }
            await Eventually.TrueAsync(() => others.Any(other => Sum(other.Processor, "committed") > 0), "another member copied the record");
            release.SetResult();
            await cluster.ProduceAsync(1, 100);
            await AssertCopiedAsync(cluster, 101);
            await one.StopAsync();
            Assert.Empty(await cluster.ReadAllAsync<DeadRecord>(Topics.Dead));
        }
        finally
        {
            foreach (var (run, _) in others) await run.DisposeAsync();
        }
    }

    [Fact]
    public async Task Run_MemberExpelledWhileDeciding_CommitsNothingOfItsSuccessor()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 40);
        var (decides, release) = (new ManualResetEventSlim(), new ManualResetEventSlim());
        var first = new RecordingProcessor
        {
            // The thread of the loop itself blocks, so that it does not poll.
            OnDecide = (_, _) =>
            {
                decides.Set();
                release.Wait(TimeSpan.FromSeconds(120));
            },
        };
        var hasty = new Dictionary<string, string> { ["session.timeout.ms"] = "6000", ["max.poll.interval.ms"] = "6000", ["heartbeat.interval.ms"] = "500" };
        await using var one = LoopRun.Start(cluster, first, "one", client: hasty);
        await Eventually.TrueAsync(() => decides.IsSet, "the first member decides", TimeSpan.FromSeconds(60));
        var second = new RecordingProcessor();
        await using var two = LoopRun.Start(cluster, second, "two");
        await Eventually.TrueAsync(() => Sum(second, "committed") == 40, "its successor has everything", TimeSpan.FromSeconds(150));
        release.Set();
        await cluster.ProduceAsync(40, 40);

        await AssertCopiedAsync(cluster, 80, [], TimeSpan.FromSeconds(150));
        await one.StopAsync();
        await two.StopAsync();
    }

    [Fact]
    public async Task Run_CoPartitionedInputsAssignedDifferently_EndsWithClearError()
    {
        await using var cluster = await stack.ClusterAsync();
        await TopicAdmin.EnsureAsync(cluster.Kafka, [Topics.EventsCollected, Topics.ProfilesTransfers]);
        // A member of another version that knows only one of the inputs: the range assignor then assigns each topic separately.
        var config = cluster.Kafka.Consumer("copy");
        config.PartitionAssignmentStrategy = PartitionAssignmentStrategy.Range;
        using var foreign = new ConsumerBuilder<Ignore, Ignore>(config).Build();
        foreign.Subscribe(cluster.Prefix + Topics.EventsCollected.Name);
        await using var run = LoopRun.Start(cluster, new RecordingProcessor(), coPartitionedWith: Topics.ProfilesTransfers);
        await Eventually.TrueAsync(() =>
        {
            foreign.Consume(TimeSpan.FromMilliseconds(50));
            return run.Ended.IsCompleted;
        }, "the loop ends", TimeSpan.FromSeconds(60));
        var ended = Assert.IsType<InvalidOperationException>(await run.Ended);
        Assert.Contains(Topics.ProfilesTransfers.Name, ended.Message, StringComparison.Ordinal);
        foreign.Close();
    }
}
