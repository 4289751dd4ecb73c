using System.Text;
using cdp;
using Cdp.Contracts;
using Cdp.Integration.Stack;
using Cdp.Streaming;
using Confluent.Kafka;
using Xunit;

namespace Cdp.Integration.Loop;

/// <summary>What the loop promises: every record once, in the order of its key, whatever happens in between.</summary>
public sealed class LoopTests(TestStack stack)
{
    [Fact]
    public async Task Run_ManyRecords_CopiesEachOnceInOrderWithItsTrace()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 3_000);
        var processor = new RecordingProcessor();
        await using var run = LoopRun.Start(cluster, processor, maxRecords: 400);

        await AssertCopiedAsync(cluster, 3_000);
        await run.StopAsync();
        Assert.StartsWith("assigned", processor.Calls.First(), StringComparison.Ordinal);
        Assert.Equal(3_000, Sum(processor, "committed"));
        Assert.Equal(Sum(processor, "read"), Sum(processor, "concluded"));
        Assert.All(processor.Calls.Where(call => call.StartsWith("read", StringComparison.Ordinal)), call => Assert.InRange(int.Parse(call.Split(' ')[1]), 1, 400));
        AssertTraced(cluster);
    }

    [Fact]
    public async Task Run_PoisonAmongRecords_IsDeadWithItsBytesAndTheRestGoesOn()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 200);
        using (var producer = new ProducerBuilder<string, byte[]>(cluster.Kafka.Producer()).Build())
        {
            await producer.ProduceAsync(cluster.Prefix + Topics.EventsCollected.Name, new Message<string, byte[]> { Key = "key-3", Value = "not Avro"u8.ToArray(), Headers = new Headers { { "h", [1] } } }, TestContext.Current.CancellationToken);
        }
        await cluster.ProduceAsync(200, 200);
        var tries = 0;
        var processor = new RecordingProcessor
        {
            OnDecide = (record, _) =>
            {
                if (Number(record) == 77 && ++tries > 0) throw new InvalidOperationException("cannot decide 77");
            },
        };
        await using var run = LoopRun.Start(cluster, processor);

        await AssertCopiedAsync(cluster, 400, except: 77);
        await run.StopAsync();
        Assert.True(tries >= 2, "decided only once before it was given up");
        var dead = await cluster.ReadAllAsync<DeadRecord>(Topics.Dead);
        Assert.Equal(2, dead.Count);
        var undecodable = Assert.Single(dead, record => record.value.AsSpan().SequenceEqual("not Avro"u8));
        Assert.Equal("key-3", Encoding.UTF8.GetString(undecodable.key));
        Assert.Equal([1], undecodable.headers["h"]);
        Assert.Equal(cluster.Prefix + Topics.EventsCollected.Name, undecodable.origin.topic);
        Assert.Equal("copy", undecodable.service);
        Assert.Contains("cannot decide 77", Assert.Single(dead, record => record != undecodable).error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_TransactionAborts_RewindsAndCopiesEachOnce()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 500);
        var aborts = 0;
        var processor = new RecordingProcessor
        {
            // A record for a partition that does not exist cannot be written, so the whole transaction is aborted.
            OnDecide = (record, outbox) =>
            {
                if (Number(record) % 100 == 50 && aborts < 3 && ++aborts > 0) outbox.Add(Topics.EventsValidated, record.Key, new ValidatedEvent { envelope = ((CollectedEvent)record.Value).envelope, violations = [] }, 9_999);
            },
        };
        await using var run = LoopRun.Start(cluster, processor, maxRecords: 100);

        await AssertCopiedAsync(cluster, 500);
        await run.StopAsync();
        Assert.Equal(3, aborts);
        Assert.True(Sum(processor, "read") > 500, "nothing was read again");
        Assert.Equal(500, Sum(processor, "committed"));
    }

    [Fact]
    public async Task Run_HotStateAway_WaitsIsNotReadyAndLosesNothing()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 100);
        var isAway = true;
        var processor = new RecordingProcessor { OnRead = _ => isAway ? throw new TimeoutException("away") : Task.CompletedTask };
        await using var run = LoopRun.Start(cluster, processor);

        await Eventually.TrueAsync(() => processor.Calls.Count(call => call.StartsWith("read", StringComparison.Ordinal)) >= 3, "the loop tries again");
        Assert.False(run.Readiness.IsReady);
        Assert.Contains("the hot state", run.Readiness.Parts["loop copy"].Detail, StringComparison.Ordinal);
        isAway = false;
        await AssertCopiedAsync(cluster, 100);
        await Eventually.TrueAsync(() => run.Readiness.IsReady, "ready again");
        await run.StopAsync();
    }

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
            await Eventually.TrueAsync(() => runs.All(run => run.Readiness.IsReady), "every member is ready, the one without a partition, too");
        }
        finally
        {
            await Task.WhenAll(runs.Select(run => run.DisposeAsync().AsTask()));
        }
    }

    [Fact]
    public async Task Run_RebalanceDuringALongRead_DropsWhatIsNoLongerOwned()
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
    public async Task Run_SuccessorOfTheSameName_FencesTheZombie()
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
    public async Task Run_PartitionsLeaveWhilePausedAndComeBack_AreReadAgain()
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
    public async Task Run_RecordThatCannotBeEncoded_IsDeadAndTheRestGoesOn()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 200);
        var processor = new RecordingProcessor
        {
            OnDecide = (record, outbox) =>
            {
                // No schema of ours takes null for an envelope.
                if (Number(record) == 77) outbox.Add(Topics.EventsValidated, record.Key, new ValidatedEvent { violations = [] });
            },
        };
        await using var run = LoopRun.Start(cluster, processor);

        await AssertCopiedAsync(cluster, 200, except: 77);
        await run.StopAsync();
        Assert.Single(await cluster.ReadAllAsync<DeadRecord>(Topics.Dead));
    }

    [Fact]
    public async Task Run_RecordThatTheBrokerRefusesAmongMany_IsDeadAndTheRestGoesOn()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 100, keys: 1);
        var tooLarge = new byte[1_500_000];
        new Random(7).NextBytes(tooLarge);
        var processor = new RecordingProcessor
        {
            // The broker refuses what the client took, while the client is still being handed the many bytes behind it.
            OnDecide = (record, outbox) =>
            {
                if (Number(record) == 7) outbox.Add(Topics.EventsValidated, record.Key, new ValidatedEvent { envelope = Large(record, Convert.ToBase64String(tooLarge)), violations = [] }, record.Position.partition);
                else outbox.Add(Topics.Dead, null, Filler(record, 900_000), 0);
            },
        };
        await using var run = LoopRun.Start(cluster, processor);

        await AssertCopiedAsync(cluster, 100, except: 7);
        await run.StopAsync();
        Assert.Single(await cluster.ReadAllAsync<DeadRecord>(Topics.Dead), record => record.service == "copy");
    }

    [Fact]
    public async Task Run_HotStateOfAnotherLog_EndsAndGivesNoRecordUp()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 20);
        await using (var run = LoopRun.Start(cluster, new RecordingProcessor { OnRead = _ => throw new ForeignStateException("another log") }))
        {
            Assert.IsType<ForeignStateException>(await run.Ended.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        }
        await using var mended = LoopRun.Start(cluster, new RecordingProcessor());
        await AssertCopiedAsync(cluster, 20);
        Assert.Empty(await cluster.ReadAllAsync<DeadRecord>(Topics.Dead));
        await mended.StopAsync();
    }

    [Fact]
    public async Task Run_FailsAfterACommitDuringARebalance_EndsAndDoublesNothing()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 400);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var (first, second) = (new RecordingProcessor { OnRead = _ => release.Task, OnCommitted = () => throw new InvalidOperationException("after the commit") }, new RecordingProcessor());
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
    public async Task Run_PoisonWhosePartitionIsLostMeanwhile_IsTheNewOwnersToJudge()
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
        // Of three members on four partitions none keeps all; which loses this partition is the assignor's choice, so the first is made to lose it.
        List<(LoopRun Run, RecordingProcessor Processor)> others = [];
        try
        {
            for (var i = 0; i < 4 && others.All(other => Sum(other.Processor, "committed") == 0); i++)
            {
                var processor = new RecordingProcessor();
                others.Add((LoopRun.Start(cluster, processor, $"other-{i}"), processor));
                await Eventually.TrueAsync(() => Sum(processor, "assigned") > 0, "a further member has its share");
                await Eventually.TrueAsync(() => others.Any(other => Sum(other.Processor, "committed") > 0) || Sum(first, "revoked") + 1 > i, "the first member gave up a share");
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

    /// <summary>Waits until the output has as many records as expected, then holds it against the input: each once, each key in order.</summary>
    private static async Task AssertCopiedAsync(Cluster cluster, int count, params int[] except)
    {
        List<ValidatedEvent> copied = [];
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                copied = await cluster.ReadAllAsync<ValidatedEvent>(Topics.EventsValidated);
            }
            catch (KafkaException e) when (e.Error.Code is ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownPartition or ErrorCode.Local_UnknownTopic)
            {
                return false;
            }
            return copied.Count >= count - except.Length;
        }, $"{count - except.Length} records are copied");
        var numbers = copied.Select(record => int.Parse(record.envelope.messageId)).ToList();
        Assert.Equal(Enumerable.Range(0, count).Except(except), numbers.Order());
        foreach (var key in copied.GroupBy(record => record.envelope.anonymousId))
        {
            var ofKey = key.Select(record => int.Parse(record.envelope.messageId)).ToList();
            Assert.Equal(ofKey.Order(), ofKey);
        }
    }

    private static void AssertTraced(Cluster cluster)
    {
        using var consumer = new ConsumerBuilder<string, byte[]>(cluster.Kafka.Consumer("tracer")).Build();
        consumer.Assign(Enumerable.Range(0, cluster.Kafka.Partitions).Select(partition => new TopicPartitionOffset(cluster.Prefix + Topics.EventsValidated.Name, partition, Offset.Beginning)));
        ConsumeResult<string, byte[]>? result;
        do result = consumer.Consume(TimeSpan.FromSeconds(10)) ?? throw new TimeoutException("no copied record came"); while (result.IsPartitionEOF);
        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$", TraceHeader.Of(result.Message.Headers));
        consumer.Close();
    }

    private static Event Large(Incoming record, string properties)
    {
        var envelope = ((CollectedEvent)record.Value).envelope;
        return new Event { messageId = envelope.messageId, type = envelope.type, sourceId = envelope.sourceId, anonymousId = envelope.anonymousId, receivedAt = envelope.receivedAt, timestamp = envelope.timestamp, properties = properties };
    }

    private static DeadRecord Filler(Incoming record, int bytes) => new() { origin = record.Position, value = new byte[bytes], headers = new Dictionary<string, byte[]>(), service = "filler", error = "", diedAt = DateTime.UnixEpoch };

    private static int Number(Incoming record) => int.Parse(((CollectedEvent)record.Value).envelope.messageId);

    private static int Sum(RecordingProcessor processor, string call) =>
        processor.Calls.Where(noted => noted.StartsWith(call + " ", StringComparison.Ordinal)).Sum(noted => int.Parse(noted.Split(' ')[1]));
}
