using System.Collections.Concurrent;
using cdp;
using Cdp.Contracts;
using Cdp.Integration.Stack;
using Cdp.Streaming.Admin;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Failures;
using Cdp.Streaming.Records;
using Cdp.Streaming.Schemas;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Xunit;

namespace Cdp.Integration.Loop;

/// <content>Records that cannot be processed: their cost, and what happens to them and to the other records.</content>
public sealed partial class LoopTests
{
    [Fact]
    public async Task Run_DecisionModifiesItsRecord_RetriesWithAFreshlyDecodedOne()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 20);
        var isSpoilt = false;
        var processor = new RecordingProcessor
        {
            OnDecide = (record, _) =>
            {
                var envelope = ((CollectedEvent)record.Value).envelope;
                if (envelope.type != "track") throw new InvalidOperationException("spoilt");
                if (Number(record) != 7 || isSpoilt) return;
                (isSpoilt, envelope.type) = (true, "spoilt");
                throw new InvalidOperationException("spoils it");
            },
        };
        await using var run = LoopRun.Start(cluster, processor);

        await AssertCopiedAsync(cluster, 20);
        await run.StopAsync();
        Assert.True(isSpoilt);
        Assert.Empty(await cluster.ReadAllAsync<DeadRecord>(Topics.Dead));
    }

    [Fact]
    public async Task Run_TwoPercentBadRecords_DecidesAboutTwiceAndCommitsLettersWithTheBatch()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 5_000);
        int[] poison = [.. Enumerable.Range(0, 5_000).Where(number => number % 50 == 7)];
        var decisions = 0;
        var processor = new RecordingProcessor
        {
            OnDecide = (record, _) =>
            {
                decisions++;
                if (Number(record) % 50 == 7) throw new InvalidOperationException("cannot decide");
            },
        };
        await using var run = LoopRun.Start(cluster, processor, maxRecords: 500);

        await AssertCopiedAsync(cluster, 5_000, poison);
        Assert.Equal(poison.Length, (await DeadAsync(cluster, poison.Length)).Count);
        await run.StopAsync();
        Assert.InRange(decisions, 5_000, 5_000 * 2.2);
        // A dead letter needs no separate transaction: no half of a batch is read, only the whole batch (twice if it has bad records) or a single record.
        var batches = Count(processor, "committed");
        Assert.InRange(processor.Calls.Count(call => call.StartsWith("read", StringComparison.Ordinal) && call != "read 1"), batches, batches * 2);
        // A batch may also happen to consist of a single record.
        Assert.InRange(Count(processor, "read 1"), poison.Length * 2, (poison.Length * 2) + batches);
    }

    [Fact]
    public async Task Run_UndecodableRecords_DoNotAffectTheOthers()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 100);
        using (var registry = cluster.Kafka.Registry())
        using (var producer = new ProducerBuilder<string, byte[]?>(cluster.Kafka.Producer()).Build())
        {
            var foreign = new AvroCodec(registry, cluster.Prefix).Encode(
                Topics.Deliveries,
                new Delivery
                {
                    destinationId = "d",
                    profileId = "p",
                    messageId = "m",
                    idempotencyKey = "k",
                    origin = new RecordPosition { topic = "t" },
                    deliveredAt = DateTime.UnixEpoch,
                });
            foreach (var value in new[] { "not Avro"u8.ToArray(), [], null, [0, 0, 0, 0], foreign })
            {
                await producer.ProduceAsync(
                    cluster.Prefix + Topics.EventsCollected.Name,
                    new Message<string, byte[]?> { Key = "key-3", Value = value },
                    TestContext.Current.CancellationToken);
            }
        }
        await cluster.ProduceAsync(100, 100);
        var decisions = 0;
        var processor = new RecordingProcessor { OnDecide = (_, _) => decisions++ };
        await using var run = LoopRun.Start(cluster, processor);

        await AssertCopiedAsync(cluster, 200);
        var dead = await DeadAsync(cluster, 5);
        await run.StopAsync();
        Assert.Equal(200, decisions);
        Assert.Equal(200, Sum(processor, "read"));
        Assert.Equal(5, dead.Count);
        Assert.Contains(dead, record => record.value is null && record.omitted.Count == 0);
        Assert.Contains(dead, record => record.error.Contains("cdp.Delivery", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_BadRecordThatCorruptsTheView_IsDeadLetteredAlone()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 300);
        var isSpoilt = false;
        var processor = new RecordingProcessor
        {
            OnRead = _ =>
            {
                isSpoilt = false;
                return Task.CompletedTask;
            },
            OnDecide = (record, _) =>
            {
                isSpoilt |= Number(record) == 77;
                if (isSpoilt) throw new InvalidOperationException("the view is spoilt");
            },
        };
        await using var run = LoopRun.Start(cluster, processor);

        await AssertCopiedAsync(cluster, 300, except: 77);
        Assert.Single(await DeadAsync(cluster));
        await run.StopAsync();
    }

    [Fact]
    public async Task Run_RecordsThatFailOnlyTogether_HalvesTheBatchUntilItSucceeds()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 64);
        var size = 0;
        var processor = new RecordingProcessor
        {
            OnRead = batch =>
            {
                size = batch.Count;
                return Task.CompletedTask;
            },
            OnDecide = (record, _) =>
            {
                if (size > 1 && Number(record) == 5) throw new InvalidOperationException("not beside others");
            },
        };
        await using var run = LoopRun.Start(cluster, processor);

        await AssertCopiedAsync(cluster, 64);
        await run.StopAsync();
        Assert.Empty(await cluster.ReadAllAsync<DeadRecord>(Topics.Dead));
    }

    [Fact]
    public async Task Run_FinishBatchThrows_FindsTheRecordByHalving()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 64);
        var batch = new ConcurrentBag<int>();
        var processor = new RecordingProcessor
        {
            OnRead = records =>
            {
                batch = [.. records.Select(Number)];
                return Task.CompletedTask;
            },
            OnFinishBatch = () =>
            {
                if (batch.Contains(33)) throw new InvalidOperationException("cannot finish");
            },
        };
        await using var run = LoopRun.Start(cluster, processor);

        await AssertCopiedAsync(cluster, 64, except: 33);
        var dead = Assert.Single(await DeadAsync(cluster));
        await run.StopAsync();
        Assert.Contains("cannot finish", dead.error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_OutputSizesAroundTheLimit_AreWrittenUpToIt()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 5);
        using var registry = cluster.Kafka.Registry();
        var codec = new AvroCodec(registry, cluster.Prefix);
        var processor = new RecordingProcessor
        {
            // Numbers 0 to 4 write records from 2 bytes below to 2 bytes above the limit.
            OnDecide = (record, outbox) =>
            {
                var without = Bytes(new string(' ', SizeLimits.Record / 2)) - (SizeLimits.Record / 2);
                outbox.Add(Topics.EventsIdentified, record.Key, Identified(new string(' ', SizeLimits.Record - without + Number(record) - 2)));

                int Bytes(string properties) =>
                    codec.Encode(Topics.EventsIdentified, Identified(properties)).Length
                    + record.Key!.Length + "traceparent".Length + outbox.TraceParent!.Length + EventHeaders.Add(new Headers(), Identified(properties));
                IdentifiedEvent Identified(string properties) => new()
                {
                    profileId = "p",
                    identifiers = [],
                    validated = new ValidatedEvent { envelope = Large(record, properties), violations = [] },
                    dropped = [],
                    origin = record.Position,
                };
            },
        };
        await using var run = LoopRun.Start(cluster, processor);

        await AssertCopiedAsync(cluster, 5, except: [3, 4]);
        var dead = await DeadAsync(cluster, 2);
        await run.StopAsync();
        Assert.Equal([1, 2], dead.Select(record => int.Parse(record.error.Split(" has ")[1].Split(' ')[0]) - SizeLimits.Record).Order());
    }

    [Fact]
    public async Task Run_BadRecordTooLargeForALetter_IsDeadLetteredWithoutItsValue()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 50);
        var tooLarge = new byte[SizeLimits.Client - 1_000];
        new Random(7).NextBytes(tooLarge);
        using (var producer = new ProducerBuilder<string, byte[]>(cluster.Kafka.Producer()).Build())
        {
            await producer.ProduceAsync(
                cluster.Prefix + Topics.EventsCollected.Name,
                new Message<string, byte[]> { Key = "key-3", Value = tooLarge },
                TestContext.Current.CancellationToken);
        }
        await cluster.ProduceAsync(50, 50);
        await using var run = LoopRun.Start(cluster, new RecordingProcessor());

        await AssertCopiedAsync(cluster, 100);
        AssertOmitted(Assert.Single(await DeadAsync(cluster)), tooLarge);
        await run.StopAsync();
    }

    [Fact]
    public async Task Run_DeadTopicAcceptsLessThanConfigured_WritesTheLetterWithoutValue()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 50);
        var poison = new byte[200_000];
        new Random(7).NextBytes(poison);
        using (var producer = new ProducerBuilder<string, byte[]>(cluster.Kafka.Producer()).Build())
        {
            await producer.ProduceAsync(
                cluster.Prefix + Topics.EventsCollected.Name,
                new Message<string, byte[]> { Key = "key-3", Value = poison },
                TestContext.Current.CancellationToken);
        }
        var limited = new TaskCompletionSource();
        // A loop does not start on such a topic, so its setting is changed under a running one.
        var processor = new RecordingProcessor { OnRead = _ => limited.Task };
        await using var run = LoopRun.Start(cluster, processor);
        await Eventually.TrueAsync(() => processor.Calls.Any(call => call.StartsWith("read", StringComparison.Ordinal)), "the loop runs");
        await LimitDeadAsync(cluster, 100_000);
        limited.SetResult();

        await AssertCopiedAsync(cluster, 50);
        AssertOmitted(Assert.Single(await DeadAsync(cluster)), poison);
        await run.StopAsync();
    }

    [Fact]
    public async Task Run_DeadTopicRefusesEveryLetter_EndsTheLoopAndLosesNothing()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 50);
        Action<Incoming, Outbox> refuse = (record, _) =>
        {
            if (Number(record) == 7) throw new InvalidOperationException("cannot decide");
        };
        var limited = new TaskCompletionSource();
        // A loop does not start on such a topic, so its setting is changed under a running one.
        var processor = new RecordingProcessor { OnDecide = refuse, OnRead = _ => limited.Task };
        await using (var run = LoopRun.Start(cluster, processor))
        {
            await Eventually.TrueAsync(() => processor.Calls.Any(call => call.StartsWith("read", StringComparison.Ordinal)), "the loop runs");
            await LimitDeadAsync(cluster, 100);
            limited.SetResult();
            var ended = Assert.IsType<DeadLetterRefusedException>(await run.Ended.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
            Assert.Contains("max.message.bytes", ended.Message, StringComparison.Ordinal);
        }
        await LimitDeadAsync(cluster, SizeLimits.Topic);
        await using var repaired = LoopRun.Start(cluster, new RecordingProcessor { OnDecide = refuse });

        await AssertCopiedAsync(cluster, 50, except: 7);
        Assert.Single(await DeadAsync(cluster));
        await repaired.StopAsync();
    }

    /// <summary>Waits for this number of dead letters, because other records may have been committed in an earlier batch.</summary>
    private static async Task<List<DeadRecord>> DeadAsync(Cluster cluster, int count = 1)
    {
        List<DeadRecord> dead = [];
        await Eventually.TrueAsync(async () => (dead = await cluster.ReadAllAsync<DeadRecord>(Topics.Dead)).Count >= count, $"{count} dead letters");
        return dead;
    }

    private static void AssertOmitted(DeadRecord dead, byte[] value)
    {
        Assert.Null(dead.value);
        Assert.Equal(["value"], dead.omitted);
        Assert.Equal(value.Length, dead.valueBytes);
        Assert.Equal(System.Security.Cryptography.SHA256.HashData(value), dead.valueSha256);
        Assert.Equal("key-3"u8.ToArray(), dead.key);
    }

    private static Task LimitDeadAsync(Cluster cluster, int bytes) => LimitAsync(cluster, Topics.Dead, bytes);

    private static async Task LimitAsync(Cluster cluster, Topic limited, int bytes)
    {
        using var admin = new AdminClientBuilder(cluster.Kafka.Admin()).Build();
        // A topic that already has the limit would be refused at the start.
        if (admin.GetMetadata(TimeSpan.FromSeconds(10)).Topics.All(found => found.Topic != cluster.Prefix + limited.Name))
            await TopicAdmin.EnsureAsync(cluster.Kafka, [limited]);
        var topic = new ConfigResource { Type = ResourceType.Topic, Name = cluster.Prefix + limited.Name };
        await admin.IncrementalAlterConfigsAsync(new Dictionary<ConfigResource, List<ConfigEntry>>
        {
            [topic] = [new ConfigEntry { Name = "max.message.bytes", Value = $"{bytes}", IncrementalOperation = AlterConfigOpType.Set }],
        });
    }

    private static int Count(RecordingProcessor processor, string call) =>
        processor.Calls.Count(noted => noted == call || noted.StartsWith(call + " ", StringComparison.Ordinal));
}
