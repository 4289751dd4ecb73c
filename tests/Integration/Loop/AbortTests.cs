using System.Diagnostics;
using System.Net;
using System.Text;
using cdp;
using Cdp.Contracts;
using Cdp.Integration.Stack;
using Cdp.LocalKafka;
using Cdp.LocalKafka.Faults;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalRegistry;
using Cdp.Streaming.Clients;
using Confluent.Kafka;
using Xunit;

using ErrorCode = Cdp.LocalKafka.Protocol.ErrorCode;

namespace Cdp.Integration.Loop;

/// <summary>Transactions that fail repeatedly are retried slowly, are visible in /health/ready, and succeed once their cause is gone.</summary>
public sealed class AbortTests(TestStack stack) : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(150);
    private readonly string _data = Directory.CreateTempSubdirectory("cdp-it-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task Run_ConsecutiveAborts_SlowsDownAndIsNotReadyUntilACommit()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 20);
        var (isBroken, tries, since) = (true, 0, Stopwatch.StartNew());
        var processor = new RecordingProcessor
        {
            OnRead = _ => Task.FromResult(tries++),
            // No such partition: the transaction is aborted, whatever else it contains.
            OnDecide = (record, outbox) =>
            {
                if (isBroken)
                    outbox.Add(
                        Topics.EventsValidated, record.Key, new ValidatedEvent { envelope = ((CollectedEvent)record.Value).envelope, violations = [] }, 9_999);
            },
        };
        await using var run = LoopRun.Start(cluster, processor);

        await Eventually.TrueAsync(() => run.IsWaitingFor("aborted in a row"), "the loop reports its aborts", Bound);
        Assert.False(run.Readiness.IsReady);
        await Eventually.TrueAsync(() => tries >= 7, "it is tried again", Bound);
        // Between seven attempts there are six pauses: 50, 100, 200, 400, 800 and 1,600 ms.
        Assert.True(since.Elapsed > TimeSpan.FromMilliseconds(3_100), $"seven tries within {since.Elapsed}");
        isBroken = false;
        await Eventually.TrueAsync(
            async () => (await cluster.ReadAllAsync<ValidatedEvent>(Topics.EventsValidated)).Count == 20, "the records are copied", Bound);
        await Eventually.TrueAsync(() => run.Readiness.IsReady, "ready again", Bound);
        await run.StopAsync();
    }

    [Fact]
    public async Task Run_TransactionalIdExpiredWhileIdle_ContinuesWithANewProducer()
    {
        var options = new LocalKafkaOptions
        {
            DataDirectory = _data,
            Port = FreePort.Find(),
            TransactionalIdExpiration = TimeSpan.FromSeconds(1),
            TransactionalIdCleanupInterval = TimeSpan.FromMilliseconds(100),
        };
        await using var broker = await LocalKafkaBroker.StartAsync(options, cancel: TestContext.Current.CancellationToken);
        await using var registry = await RegistryServer.StartAsync(broker.BootstrapServers, IPAddress.Loopback, FreePort.Find());
        await using var shared = await stack.ClusterAsync();
        var cluster = new Cluster(broker.BootstrapServers, registry.Url, shared.Redis.Endpoint, shared.Prefix);
        await cluster.ProduceAsync(0, 20);
        // A transaction without outputs, from which librdkafka does not recover on its own.
        var processor = new RecordingProcessor { Copies = _ => false };
        await using var run = LoopRun.Start(cluster, processor);
        await Eventually.TrueAsync(() => Committed(processor) > 0, "the first records are committed", Bound);
        for (var expiries = 0; expiries < 2; expiries++)
        {
            await ExpiryAsync(cluster, expiries + 1);
            var before = Committed(processor);
            await cluster.ProduceAsync(20 + expiries, 1);

            await Eventually.TrueAsync(() => Committed(processor) > before, "a record after the expiry is committed", Bound);
            Assert.True(run.Readiness.IsReady, string.Join(", ", run.Readiness.Parts));
        }
        await run.StopAsync();
    }

    [Fact]
    public async Task Run_RefusalWithoutRecordBesideADeadLetter_IsNotBlamedOnTheLetter()
    {
        await using var broker = await LocalKafkaBroker.StartAsync(
            new LocalKafkaOptions { DataDirectory = _data, Port = FreePort.Find() }, cancel: TestContext.Current.CancellationToken);
        await using var registry = await RegistryServer.StartAsync(broker.BootstrapServers, IPAddress.Loopback, FreePort.Find());
        await using var shared = await stack.ClusterAsync();
        var cluster = new Cluster(broker.BootstrapServers, registry.Url, shared.Redis.Endpoint, shared.Prefix);
        await cluster.ProduceAsync(0, 20, keys: 1);
        var processor = new RecordingProcessor
        {
            OnDecide = (record, _) =>
            {
                if (((CollectedEvent)record.Value).envelope.messageId == "7") throw new InvalidOperationException("cannot decide 7");
            },
        };
        // Once for the batch with its dead letter, and once more.
        using var fault = broker.Faults.Add(new Fault { Api = ApiKey.TxnOffsetCommit, Error = ErrorCode.MessageTooLarge, Times = 2 });
        await using var run = LoopRun.Start(cluster, processor);

        await Eventually.TrueAsync(
            async () => run.Ended.IsCompleted || Committed(processor) > 0 && (await cluster.ReadAllAsync<ValidatedEvent>(Topics.EventsValidated)).Count == 19,
            "the others are copied",
            Bound);
        Assert.False(run.Ended.IsCompleted, "the loop has ended");
        Assert.Equal(2, fault.Hits);
        await run.StopAsync();
        Assert.Equal(7, Assert.Single(await cluster.ReadAllAsync<DeadRecord>(Topics.Dead)).origin.offset);
    }

    [Fact]
    public async Task Run_ZombieWithExpiredTransactionalId_EndsWithoutFencingItsSuccessor()
    {
        var options = new LocalKafkaOptions
        {
            DataDirectory = _data,
            Port = FreePort.Find(),
            GroupMinSessionTimeout = TimeSpan.FromSeconds(1),
            TransactionalIdExpiration = TimeSpan.FromSeconds(2),
            TransactionalIdCleanupInterval = TimeSpan.FromMilliseconds(100),
        };
        await using var broker = await LocalKafkaBroker.StartAsync(options, cancel: TestContext.Current.CancellationToken);
        await using var registry = await RegistryServer.StartAsync(broker.BootstrapServers, IPAddress.Loopback, FreePort.Find());
        await using var shared = await stack.ClusterAsync();
        var cluster = new Cluster(broker.BootstrapServers, registry.Url, shared.Redis.Endpoint, shared.Prefix);
        await cluster.ProduceAsync(0, 40);
        var (decides, release) = (new ManualResetEventSlim(), new ManualResetEventSlim());
        // The thread of the loop itself blocks, so that it does not poll, and the group expels the member.
        var zombie = new RecordingProcessor
        {
            OnDecide = (_, _) =>
            {
                decides.Set();
                release.Wait(Bound);
            },
        };
        var hasty = new Dictionary<string, string> { ["session.timeout.ms"] = "2000", ["max.poll.interval.ms"] = "2000", ["heartbeat.interval.ms"] = "200" };
        await using var one = LoopRun.Start(cluster, zombie, "same", client: hasty);
        await Eventually.TrueAsync(() => decides.IsSet, "the first loop of this name decides", Bound);
        await ExpiryAsync(cluster, 1);
        var successor = new RecordingProcessor();
        await using var two = LoopRun.Start(cluster, successor, "same");
        await Eventually.TrueAsync(() => Committed(successor) > 0, "its successor works", Bound);
        release.Set();
        await Eventually.TrueAsync(async () =>
        {
            // There is always something for the zombie to commit when it owns partitions again.
            await cluster.ProduceAsync(40, 40);
            return one.Ended.IsCompleted || two.Ended.IsCompleted;
        }, "one of them ends", Bound);

        Assert.False(two.Ended.IsCompleted, "the successor was fenced");
        Assert.IsAssignableFrom<KafkaException>(await one.Ended);
        await two.StopAsync();
    }

    /// <summary>
    /// Waits until the coordinator has forgotten the transactional id of the loop that many times: its log then has a record without a value.
    /// </summary>
    private static async Task ExpiryAsync(Cluster cluster, int times)
    {
        using var consumer = new ConsumerBuilder<byte[], byte[]?>(cluster.Kafka.Consumer("expiries")).Build();
        consumer.Assign(new TopicPartitionOffset("__transaction_state", 0, Offset.Beginning));
        var seen = 0;
        await Eventually.TrueAsync(() =>
        {
            var record = consumer.Consume(TimeSpan.FromMilliseconds(100));
            if (record is { IsPartitionEOF: false, Message: { Value: null, Key: { } key } }
                && Encoding.UTF8.GetString(key).Contains(cluster.Prefix + "copy-", StringComparison.Ordinal)) seen++;
            return seen >= times;
        }, "the transactional id expires", Bound);
    }

    private static int Committed(RecordingProcessor processor) => processor.Calls.Count(call => call.StartsWith("committed", StringComparison.Ordinal));
}
