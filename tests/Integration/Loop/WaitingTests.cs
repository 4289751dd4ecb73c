using cdp;
using Cdp.Contracts;
using Cdp.Integration.Stack;
using Cdp.Streaming.Clients;
using Confluent.Kafka;
using Xunit;

namespace Cdp.Integration.Loop;

/// <summary>A loop that waits remains a responsive member of its group, and a long wait is visible.</summary>
public sealed class WaitingTests(TestStack stack)
{
    // Far below max.poll.interval.ms (five minutes), after which a member that does not poll is expelled.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Run_HotStateFailsAtOnce_GivesAJoiningMemberItsShare()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 400);
        var (isAway, first, second) = (true, new RecordingProcessor(), new RecordingProcessor());
        first.OnRead = _ => isAway ? throw new TimeoutException("away") : Task.CompletedTask;
        await using var one = LoopRun.Start(cluster, first, "one");
        await Eventually.TrueAsync(() => Count(first, "read") >= 3, "the first member tries again and again");
        await using var two = LoopRun.Start(cluster, second, "two");

        await Eventually.TrueAsync(() => Count(second, "committed") > 0, "the second member works on its share", Soon);
        Assert.False(one.Readiness.IsReady);
        isAway = false;
        await CopiedAsync(cluster, 400);
        await one.StopAsync();
        await two.StopAsync();
    }

    [Fact]
    public async Task Run_PreviousOwnersTransactionStaysOpen_GivesAJoiningMemberItsShare()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 400);
        using var previous = OpenOffsets(cluster);
        var (first, second) = (new RecordingProcessor(), new RecordingProcessor());
        await using var one = LoopRun.Start(cluster, first, "one");
        await Eventually.TrueAsync(() => one.IsWaitingFor("previous owner"), "the first member waits");
        await using var two = LoopRun.Start(cluster, second, "two");

        await Eventually.TrueAsync(() => Count(first, "revoked") > 0, "the first member gives up a share", Soon);
        previous.AbortTransaction();
        await CopiedAsync(cluster, 400);
        await one.StopAsync();
        await two.StopAsync();
    }

    [Fact]
    public async Task Run_CallWithoutAnAnswer_IsNotReadyUntilItEnds()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 10);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var processor = new RecordingProcessor();
        await using var run = LoopRun.Start(cluster, processor);
        await Eventually.TrueAsync(() => run.Readiness.IsReady && Count(processor, "committed") > 0, "the loop is ready");

        processor.OnRead = _ => release.Task;
        await cluster.ProduceAsync(10, 10);
        await Eventually.TrueAsync(() => run.IsWaitingFor("the hot state: no answer"), "the wait shows", TimeSpan.FromMinutes(1));
        release.SetResult();
        await Eventually.TrueAsync(() => run.Readiness.IsReady, "the loop is ready again");
        await CopiedAsync(cluster, 20);
        await run.StopAsync();
    }

    [Fact]
    public async Task Run_CallThatProgresses_StaysReady()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 10);
        var processor = new RecordingProcessor();
        await using var run = LoopRun.Start(cluster, processor);
        await Eventually.TrueAsync(() => run.Readiness.IsReady && Count(processor, "committed") > 0, "the loop is ready");

        var wasReady = true;
        processor.OnRead = async _ =>
        {
            // Longer than a call may take without reporting progress.
            for (var i = 0; i < 120; i++)
            {
                await Task.Delay(100);
                processor.NoteProgress();
                wasReady &= run.Readiness.IsReady;
            }
        };
        await cluster.ProduceAsync(10, 1);
        await CopiedAsync(cluster, 11);
        await run.StopAsync();
        Assert.True(wasReady);
    }

    /// <summary>A transaction with offsets of the loop's group, like one left by a member that dies before its commit.</summary>
    private static IProducer<Null, byte[]> OpenOffsets(Cluster cluster)
    {
        using var member = new ConsumerBuilder<Ignore, Ignore>(cluster.Kafka.Consumer("copy")).Build();
        var config = cluster.Kafka.Producer();
        (config.TransactionalId, config.TransactionTimeoutMs) = (cluster.Prefix + "previous", 600_000);
        var producer = new ProducerBuilder<Null, byte[]>(config).Build();
        producer.InitTransactions(Soon);
        producer.BeginTransaction();
        var offsets = Enumerable.Range(0, cluster.Kafka.Partitions).Select(
            partition => new TopicPartitionOffset(cluster.Prefix + Topics.EventsCollected.Name, partition, 1));
        producer.SendOffsetsToTransaction(offsets, member.ConsumerGroupMetadata, Soon);
        return producer;
    }

    private static Task CopiedAsync(Cluster cluster, int count) => Eventually.TrueAsync(async () =>
    {
        var numbers = (await cluster.ReadAllAsync<ValidatedEvent>(Topics.EventsValidated)).Select(record => int.Parse(record.envelope.messageId)).ToList();
        Assert.Equal(numbers.Distinct().Count(), numbers.Count);
        return numbers.Count == count;
    }, $"{count} records are copied");

    private static int Count(RecordingProcessor processor, string call) =>
        processor.Calls.Count(noted => noted.StartsWith(call, StringComparison.Ordinal) && !noted.EndsWith(" 0", StringComparison.Ordinal));
}
