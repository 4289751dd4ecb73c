using System.Diagnostics.Metrics;
using System.Net;
using Cdp.Contracts;
using Cdp.Integration.Stack;
using Cdp.LocalKafka;
using Cdp.LocalKafka.Faults;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalRegistry;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Observability;
using Confluent.Kafka;
using Xunit;

namespace Cdp.Integration.Loop;

/// <summary>The metrics and the committed offsets show how far a loop is behind.</summary>
public sealed class LagTests(TestStack stack)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(150);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData("assigned")]
    [InlineData("read")]
    public async Task Metrics_StuckLoop_ShowGrowingLagUntilRecordsAreCommitted(string where)
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 100);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var processor = new RecordingProcessor();
        if (where == "assigned") processor.OnAssigned = () => release.Task;
        else processor.OnRead = _ => release.Task;
        using var meters = new Gauges(cluster.Prefix);
        await using var run = LoopRun.Start(cluster, processor);

        await Eventually.TrueAsync(() => meters.Sum("cdp.stream.lag") == 100, "all records are behind", Bound);
        var before = meters.Max("cdp.stream.lag.time");
        await Eventually.TrueAsync(() => meters.Max("cdp.stream.lag.time") > before + 0.5, "the lag grows by itself", Bound);
        release.SetResult();

        await Eventually.TrueAsync(() => meters.Sum("cdp.stream.lag") == 0 && meters.Max("cdp.stream.lag.time") == 0, "nothing is behind", Bound);
        Assert.Equal(4, meters.Partitions("cdp.stream.lag.time"));
        await run.StopAsync();
    }

    [Fact]
    public async Task Metrics_HangingTransaction_CountsAsLag()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 10, keys: 1);
        using var producer = await cluster.HangAsync(10, 5);
        using var meters = new Gauges(cluster.Prefix);
        await using var run = LoopRun.Start(cluster, new RecordingProcessor());

        await Eventually.TrueAsync(
            () => meters.Sum("cdp.stream.lag") == 5 && meters.Max("cdp.stream.lag.time") > 0, "what the transaction wrote is waiting", Bound);
        producer.CommitTransaction(Bound);
        await Eventually.TrueAsync(() => meters.Sum("cdp.stream.lag") == 0, "nothing is behind", Bound);
        await run.StopAsync();
    }

    [Fact]
    public async Task Metrics_PartitionsThatDoNotAnswer_StillShowLag()
    {
        var data = Directory.CreateTempSubdirectory("cdp-it-");
        await using (
            var broker = await LocalKafkaBroker.StartAsync(
                new LocalKafkaOptions { DataDirectory = data.FullName, Port = FreePort.Find() }, cancel: TestContext.Current.CancellationToken))
        {
            await using var registry = await RegistryServer.StartAsync(broker.BootstrapServers, IPAddress.Loopback, FreePort.Find());
            await using var shared = await stack.ClusterAsync();
            var cluster = new Cluster(broker.BootstrapServers, registry.Url, shared.Redis.Endpoint, shared.Prefix);
            await cluster.ProduceAsync(0, 40);
            using var fault = broker.Faults.Add(
                new Fault
                {
                    Api = ApiKey.Fetch,
                    Topic = cluster.Prefix + Topics.EventsCollected.Name,
                    Error = Cdp.LocalKafka.Protocol.ErrorCode.NotLeaderOrFollower,
                });
            using var meters = new Gauges(cluster.Prefix);
            await using var run = LoopRun.Start(cluster, new RecordingProcessor());

            await Eventually.TrueAsync(() => meters.Partitions("cdp.stream.lag") > 0, "the lag is observed", Bound);
            Assert.Equal(40, meters.Sum("cdp.stream.lag"));
            fault.Dispose();
            await Eventually.TrueAsync(() => meters.Sum("cdp.stream.lag") == 0, "nothing is behind", Bound);
            await run.StopAsync();
        }
        data.Delete(recursive: true);
    }

    [Fact]
    public async Task Readiness_LoopWithLag_IsReadyAndShowsIt()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 400);
        var processor = new RecordingProcessor();
        await using var run = LoopRun.Start(cluster, processor, maxRecords: 1);
        // Each commit takes a moment, so that the probe finds records.
        processor.OnCommitted = () => Task.Delay(20);

        await Eventually.TrueAsync(
            () => run.Readiness.IsReady && run.Readiness.Parts["loop copy"].Detail.StartsWith("lag: ", StringComparison.Ordinal),
            "the readiness knows the lag",
            Bound);
        await run.StopAsync();
    }

    [Fact]
    public async Task Run_IdleAfterTransactions_CommitsAfterTheirMarkers()
    {
        await using var cluster = await stack.ClusterAsync();
        await cluster.ProduceAsync(0, 40, inTransaction: true);
        await using (var run = LoopRun.Start(cluster, new RecordingProcessor()))
        {
            await Eventually.TrueAsync(() => Behind(cluster) == 0, "the group has no lag, as any tool would compute it", Bound);
            await cluster.ProduceAsync(40, 1, inTransaction: true);
            await Eventually.TrueAsync(
                async () => (await cluster.ReadAllAsync<cdp.ValidatedEvent>(Topics.EventsValidated)).Count == 41 && Behind(cluster) == 0,
                "nor after another record",
                Bound);
            await run.StopAsync();
        }
        // A successor starts where its predecessor ended, and copies nothing twice.
        await cluster.ProduceAsync(41, 5, inTransaction: true);
        await using var successor = LoopRun.Start(cluster, new RecordingProcessor());
        await Eventually.TrueAsync(() => Behind(cluster) == 0, "the successor has no lag", Bound);
        var numbers = (await cluster.ReadAllAsync<cdp.ValidatedEvent>(Topics.EventsValidated)).Select(record => int.Parse(record.envelope.messageId));
        Assert.Equal(Enumerable.Range(0, 46), numbers.Order());
        await successor.StopAsync();
    }

    // As kafka-consumer-groups counts: the high watermark minus the committed offset, for partitions that are not empty.
    private static long Behind(Cluster cluster)
    {
        var config = cluster.Kafka.Consumer("copy");
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(config).Build();
        var partitions = Enumerable.Range(0, cluster.Kafka.Partitions).Select(
            partition => new TopicPartition(cluster.Prefix + Topics.EventsCollected.Name, partition));
        try
        {
            return consumer.Committed(partitions, Timeout).Sum(committed =>
                consumer.QueryWatermarkOffsets(committed.TopicPartition, Timeout).High.Value - Math.Max(0, committed.Offset.Value));
        }
        catch (KafkaException)
        {
            return long.MaxValue;
        }
    }

    /// <summary>The gauges of the partitions of one cluster.</summary>
    private sealed class Gauges : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly Dictionary<string, List<double>> _values = [];
        private readonly string _prefix;

        public Gauges(string prefix)
        {
            _prefix = prefix;
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == Telemetry.Name) listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
            _listener.Start();
        }

        public double Sum(string name) => Ask(name).Sum() is var sum && Partitions(name) == 0 ? -1 : sum;

        public double Max(string name) => Ask(name).DefaultIfEmpty(-1).Max();

        public int Partitions(string name) => Ask(name).Count;

        public void Dispose() => _listener.Dispose();

        private List<double> Ask(string name)
        {
            lock (_values) _values.Clear();
            _listener.RecordObservableInstruments();
            lock (_values) return _values.GetValueOrDefault(name, []);
        }

        private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (var tag in tags)
            {
                if (tag is not { Key: "topic", Value: string topic } || !topic.StartsWith(_prefix, StringComparison.Ordinal)) continue;
                lock (_values)
                {
                    if (!_values.TryGetValue(instrument.Name, out var values)) _values[instrument.Name] = values = [];
                    values.Add(value);
                }
            }
        }
    }
}
