using System.Net;
using cdp;
using Cdp.Contracts;
using Cdp.Integration.Stack;
using Cdp.Local;
using Cdp.Local.SchemaRegistry;
using Cdp.LocalKafka;
using Xunit;

namespace Cdp.Integration.Loop;

/// <summary>The broker is killed in the middle of the work and comes back; only an embedded one can be.</summary>
public sealed class KafkaAwayTests(TestStack stack) : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("cdp-it-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task Run_BrokerKilledAndStartedAgain_IsNotReadyMeanwhileAndCopiesEachOnce()
    {
        var options = new LocalKafkaOptions { DataDirectory = _data, Port = Ports.Free(IPAddress.Loopback) };
        var broker = await LocalKafkaBroker.StartAsync(options, cancel: TestContext.Current.CancellationToken);
        try
        {
            await using var registry = await RegistryServer.StartAsync(broker.BootstrapServers, IPAddress.Loopback, Ports.Free(IPAddress.Loopback));
            await using var shared = await stack.ClusterAsync();
            var cluster = new Cluster(broker.BootstrapServers, registry.Url, shared.Redis.Endpoint, shared.Prefix);
            await cluster.ProduceAsync(0, 2_000);
            var processor = new RecordingProcessor();
            await using var run = LoopRun.Start(cluster, processor, maxRecords: 50);
            await Eventually.TrueAsync(() => processor.Calls.Count(call => call.StartsWith("committed", StringComparison.Ordinal)) > 5, "the loop is at work");

            broker.Kill();
            await Eventually.TrueAsync(() => !run.Readiness.IsReady, "the loop is not ready");
            broker = await LocalKafkaBroker.StartAsync(options, cancel: TestContext.Current.CancellationToken);
            await cluster.ProduceAsync(2_000, 500);

            await Eventually.TrueAsync(async () => (await cluster.ReadAllAsync<ValidatedEvent>(Topics.EventsValidated)).Count >= 2_500, "all records are copied");
            var numbers = (await cluster.ReadAllAsync<ValidatedEvent>(Topics.EventsValidated)).Select(record => int.Parse(record.envelope.messageId));
            Assert.Equal(Enumerable.Range(0, 2_500), numbers.Order());
            await Eventually.TrueAsync(() => run.Readiness.IsReady, "the loop is ready again");
            await run.StopAsync();
        }
        finally
        {
            await broker.DisposeAsync();
        }
    }
}
