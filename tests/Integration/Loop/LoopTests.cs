using System.Text;
using cdp;
using Cdp.Contracts;
using Cdp.Integration.Stack;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Failures;
using Cdp.Streaming.Records;
using Confluent.Kafka;
using Xunit;

namespace Cdp.Integration.Loop;

/// <summary>The guarantees of the loop: every record once, in the order of its key, whatever happens meanwhile.</summary>
public sealed partial class LoopTests(TestStack stack)
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
        Assert.Equal(Sum(processor, "read"), Sum(processor, "finished"));
        Assert.All(
            processor.Calls.Where(call => call.StartsWith("read", StringComparison.Ordinal)), call => Assert.InRange(int.Parse(call.Split(' ')[1]), 1, 400));
        AssertTraced(cluster);
    }

    [Fact]
    public async Task Run_BadRecords_AreDeadLetteredWithTheirBytes()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 200);
        using (var producer = new ProducerBuilder<string, byte[]>(cluster.Kafka.Producer()).Build())
        {
            await producer.ProduceAsync(
                cluster.Prefix + Topics.EventsCollected.Name,
                new Message<string, byte[]> { Key = "key-3", Value = "not Avro"u8.ToArray(), Headers = new Headers { { "h", [1] } } },
                TestContext.Current.CancellationToken);
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
    public async Task Run_TransactionAborts_RewindsAndCopiesEachRecordOnce()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 500);
        var aborts = 0;
        var processor = new RecordingProcessor
        {
            // A record for a partition that does not exist cannot be written, so the whole transaction is aborted.
            OnDecide = (record, outbox) =>
            {
                if (Number(record) % 100 == 50 && aborts < 3 && ++aborts > 0)
                    outbox.Add(
                        Topics.EventsValidated, record.Key, new ValidatedEvent { envelope = ((CollectedEvent)record.Value).envelope, violations = [] }, 9_999);
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
    public async Task Run_HotStateUnavailable_WaitsNotReadyAndLosesNothing()
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
    public async Task Run_OutputThatCannotBeEncoded_DeadLettersItsInput()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 200);
        var processor = new RecordingProcessor
        {
            OnDecide = (record, outbox) =>
            {
                // An envelope must not be null.
                if (Number(record) == 77) outbox.Add(Topics.EventsValidated, record.Key, new ValidatedEvent { violations = [] });
            },
        };
        await using var run = LoopRun.Start(cluster, processor);

        await AssertCopiedAsync(cluster, 200, except: 77);
        await run.StopAsync();
        Assert.Single(await cluster.ReadAllAsync<DeadRecord>(Topics.Dead));
    }

    [Fact]
    public async Task Run_OutputRefusedByTheBroker_DeadLettersItsInput()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 100, keys: 1);
        await LimitAsync(cluster, Topics.EventsValidated, 1_000_000);
        var tooLarge = new byte[1_500_000];
        new Random(7).NextBytes(tooLarge);
        var processor = new RecordingProcessor
        {
            // The broker refuses a record that the client has accepted, while many more bytes are still being passed to the client.
            OnDecide = (record, outbox) =>
            {
                if (Number(record) == 7)
                    outbox.Add(
                        Topics.EventsValidated,
                        record.Key,
                        new ValidatedEvent { envelope = Large(record, Convert.ToBase64String(tooLarge)), violations = [] },
                        record.Position.partition);
                else outbox.Add(Topics.Dead, null, Filler(record, 900_000), 0);
            },
        };
        await using var run = LoopRun.Start(cluster, processor);

        // Ninety megabytes are sent repeatedly until the record is found.
        await AssertCopiedAsync(cluster, 100, [7], TimeSpan.FromMinutes(2));
        await run.StopAsync();
        Assert.Single(await cluster.ReadAllAsync<DeadRecord>(Topics.Dead), record => record.service == "copy");
    }

    [Fact]
    public async Task Run_HotStateOfAnotherLog_EndsWithoutDeadLetters()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 20);
        await using (var run = LoopRun.Start(cluster, new RecordingProcessor { OnRead = _ => throw new ForeignStateException("another log") }))
        {
            Assert.IsType<ForeignStateException>(await run.Ended.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        }
        await using var repaired = LoopRun.Start(cluster, new RecordingProcessor());
        await AssertCopiedAsync(cluster, 20);
        Assert.Empty(await cluster.ReadAllAsync<DeadRecord>(Topics.Dead));
        await repaired.StopAsync();
    }

    /// <summary>Waits until the output has as many records as expected, then compares it with the input: each record once, each key in order.</summary>
    private static Task AssertCopiedAsync(Cluster cluster, int count, params int[] except) => AssertCopiedAsync(cluster, count, except, within: null);

    private static async Task AssertCopiedAsync(Cluster cluster, int count, int[] except, TimeSpan? within)
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
        }, $"{count - except.Length} records are copied", within);
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
        consumer.Assign(
            Enumerable.Range(0, cluster.Kafka.Partitions).Select(
                partition => new TopicPartitionOffset(cluster.Prefix + Topics.EventsValidated.Name, partition, Offset.Beginning)));
        ConsumeResult<string, byte[]>? result;
        do result = consumer.Consume(TimeSpan.FromSeconds(10)) ?? throw new TimeoutException("no copied record came"); while (result.IsPartitionEOF);
        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$", TraceHeader.Of(result.Message.Headers));
        consumer.Close();
    }

    private static Event Large(Incoming record, string properties)
    {
        var envelope = ((CollectedEvent)record.Value).envelope;
        return new Event
        {
            messageId = envelope.messageId,
            type = envelope.type,
            sourceId = envelope.sourceId,
            anonymousId = envelope.anonymousId,
            receivedAt = envelope.receivedAt,
            timestamp = envelope.timestamp,
            properties = properties,
        };
    }

    private static DeadRecord Filler(Incoming record, int bytes) =>
        new()
        {
            origin = record.Position,
            value = new byte[bytes],
            headers = new Dictionary<string, byte[]>(),
            service = "filler",
            error = "",
            diedAt = DateTime.UnixEpoch,
            omitted = [],
        };

    private static int Number(Incoming record) => int.Parse(((CollectedEvent)record.Value).envelope.messageId);

    private static int Sum(RecordingProcessor processor, string call) =>
        processor.Calls.Where(noted => noted.StartsWith(call + " ", StringComparison.Ordinal)).Sum(noted => int.Parse(noted.Split(' ')[1]));
}
