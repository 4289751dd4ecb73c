using System.Diagnostics.Metrics;
using System.Net;
using cdp;
using Cdp.Contracts;
using Cdp.Integration.Stack;
using Cdp.LocalKafka;
using Cdp.LocalKafka.Faults;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalRegistry;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Failures;
using Confluent.Kafka;
using Xunit;

using ErrorCode = Cdp.LocalKafka.Protocol.ErrorCode;

namespace Cdp.Integration.Loop;

/// <summary>The committed offset and the log do not belong together.</summary>
public sealed class OffsetTests(TestStack stack) : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("cdp-it-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Theory]
    [InlineData(20)]
    [InlineData(0)]
    public async Task Run_CommittedOffsetAfterTheEnd_EndsWithTheCommandToContinue(int records)
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, records);
        Commit(cluster, 1_000);
        await using var run = LoopRun.Start(cluster, new RecordingProcessor());

        var ended = Assert.IsType<ForeignStateException>(await run.Ended.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));
        Assert.Contains($"offset 1000 of {cluster.Prefix}events.collected", ended.Message, StringComparison.Ordinal);
        Assert.Contains($"--group {cluster.Prefix}copy --topic {cluster.Prefix}events.collected:", ended.Message, StringComparison.Ordinal);
        Assert.Empty(await cluster.ReadAllAsync<ValidatedEvent>(Topics.EventsValidated));
    }

    [Fact]
    public async Task Run_LogLosesRecordsWhileReading_EndsWithoutDuplicates()
    {
        await using var broker = await LocalKafkaBroker.StartAsync(
            new LocalKafkaOptions { DataDirectory = _data, Port = FreePort.Find() }, cancel: TestContext.Current.CancellationToken);
        await using var registry = await RegistryServer.StartAsync(broker.BootstrapServers, IPAddress.Loopback, FreePort.Find());
        await using var shared = await stack.ClusterAsync();
        var cluster = new Cluster(broker.BootstrapServers, registry.Url, shared.Redis.Endpoint, shared.Prefix);
        await cluster.ProduceAsync(0, 40, keys: 1);
        await using var run = LoopRun.Start(cluster, new RecordingProcessor());
        await CopiedAsync(cluster, Enumerable.Range(0, 40));

        // The answer of a new leader that has fewer records.
        using var fault = broker.Faults.Add(
            new Fault { Api = ApiKey.Fetch, Topic = cluster.Prefix + Topics.EventsCollected.Name, Error = ErrorCode.OffsetOutOfRange, Times = 1 });
        Assert.IsType<ForeignStateException>(await run.Ended.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));
        await CopiedAsync(cluster, Enumerable.Range(0, 40));
    }

    [Fact]
    public async Task Run_RecordsDeletedBeforeReading_AreCountedAndTheOthersCopied()
    {
        await using var cluster = await stack.ClusterAsync();
        using var skipped = new Skipped(cluster.Prefix);
        await cluster.ProduceAsync(0, 40, keys: 1);
        await using (var before = LoopRun.Start(cluster, new RecordingProcessor()))
        {
            await CopiedAsync(cluster, Enumerable.Range(0, 40));
            await before.StopAsync();
        }
        await cluster.ProduceAsync(40, 20, keys: 1);
        await DeleteAsync(cluster, 50);
        await using var run = LoopRun.Start(cluster, new RecordingProcessor());

        await CopiedAsync(cluster, Enumerable.Range(0, 40).Concat(Enumerable.Range(50, 10)));
        Assert.Equal(10, skipped.Sum);
        await run.StopAsync();
    }

    [Fact]
    public async Task Run_RecordsDeletedWhileTheirTransactionsAbort_IsReadyAgain()
    {
        await using var cluster = await stack.ClusterAsync();
        using var skipped = new Skipped(cluster.Prefix);
        await cluster.ProduceAsync(0, 20, keys: 1);
        var processor = new RecordingProcessor
        {
            // No such partition: the transaction is aborted.
            OnDecide = (record, outbox) => outbox.Add(
                Topics.EventsValidated, record.Key, new ValidatedEvent { envelope = ((CollectedEvent)record.Value).envelope, violations = [] }, 9_999),
        };
        await using var run = LoopRun.Start(cluster, processor);
        await Eventually.TrueAsync(() => run.IsWaitingFor("aborted in a row"), "the loop reports its aborts");

        await DeleteAsync(cluster, 20);
        await Eventually.TrueAsync(() => run.Readiness.IsReady, "ready, since nothing is left to do");
        Assert.Equal(20, skipped.Sum);
        await run.StopAsync();
    }

    private static void Commit(Cluster cluster, long offset)
    {
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(cluster.Kafka.Consumer("copy")).Build();
        consumer.Commit(Partitions(cluster).Select(partition => new TopicPartitionOffset(partition, offset)));
    }

    /// <summary>Deletes the records before an offset, as retention does, from the partition that has records.</summary>
    private static async Task DeleteAsync(Cluster cluster, long before)
    {
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(cluster.Kafka.Consumer("marks")).Build();
        var partition = Partitions(cluster).Single(partition => consumer.QueryWatermarkOffsets(partition, TimeSpan.FromSeconds(30)).High.Value > 0);
        using var admin = new AdminClientBuilder(cluster.Kafka.Admin()).Build();
        await admin.DeleteRecordsAsync([new TopicPartitionOffset(partition, before)]);
    }

    private static IEnumerable<TopicPartition> Partitions(Cluster cluster) =>
        Enumerable.Range(0, cluster.Kafka.Partitions).Select(partition => new TopicPartition(cluster.Prefix + Topics.EventsCollected.Name, partition));

    private static async Task CopiedAsync(Cluster cluster, IEnumerable<int> numbers)
    {
        List<int> expected = [.. numbers], copied = [];
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                copied =
                [
                    .. (await cluster.ReadAllAsync<ValidatedEvent>(Topics.EventsValidated)).Select(record => int.Parse(record.envelope.messageId)).Order(),
                ];
            }
            catch (KafkaException)
            {
                // Not created yet.
            }
            return copied.Count >= expected.Count;
        }, $"{expected.Count} records are copied");
        Assert.Equal(expected, copied);
    }

    /// <summary>The value of the metric for one cluster.</summary>
    private sealed class Skipped : IDisposable
    {
        private readonly MeterListener _listener = new();
        private long _sum;

        public Skipped(string prefix)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "cdp.stream.records.skipped") listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
            {
                foreach (var tag in tags)
                {
                    if (tag is { Key: "topic", Value: string topic } && topic.StartsWith(prefix, StringComparison.Ordinal)) Interlocked.Add(ref _sum, value);
                }
            });
            _listener.Start();
        }

        public long Sum => Interlocked.Read(ref _sum);

        public void Dispose() => _listener.Dispose();
    }
}
