using System.Net;
using cdp;
using Cdp.Contracts;
using Cdp.Integration.Stack;
using Cdp.LocalKafka;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalRegistry;
using Xunit;

namespace Cdp.Integration.Loop;

/// <summary>The broker is killed while the loop works, and comes back. Only an embedded broker can be killed.</summary>
public sealed class KafkaAwayTests(TestStack stack) : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("cdp-it-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task Run_BrokerKilledAndRestarted_IsNotReadyMeanwhileAndCopiesEachRecordOnce()
    {
        var options = new LocalKafkaOptions { DataDirectory = _data, Port = FreePort.Find() };
        var broker = await LocalKafkaBroker.StartAsync(options, cancel: TestContext.Current.CancellationToken);
        try
        {
            await using var registry = await RegistryServer.StartAsync(broker.BootstrapServers, IPAddress.Loopback, FreePort.Find());
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

            await Eventually.TrueAsync(
                async () => (await cluster.ReadAllAsync<ValidatedEvent>(Topics.EventsValidated)).Count >= 2_500, "all records are copied");
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

    [Fact]
    public async Task Run_BrokerDownForLongerThanTheSession_StaysNotReady()
    {
        var options = new LocalKafkaOptions { DataDirectory = _data, Port = FreePort.Find(), GroupMinSessionTimeout = TimeSpan.FromSeconds(1) };
        var broker = await LocalKafkaBroker.StartAsync(options, cancel: TestContext.Current.CancellationToken);
        try
        {
            await using var registry = await RegistryServer.StartAsync(broker.BootstrapServers, IPAddress.Loopback, FreePort.Find());
            await using var shared = await stack.ClusterAsync();
            var cluster = new Cluster(broker.BootstrapServers, registry.Url, shared.Redis.Endpoint, shared.Prefix);
            await cluster.ProduceAsync(0, 100);
            var processor = new RecordingProcessor();
            await using var run = LoopRun.Start(
                cluster, processor, client: new Dictionary<string, string> { ["session.timeout.ms"] = "2000", ["heartbeat.interval.ms"] = "200" });
            await Eventually.TrueAsync(
                () => run.Readiness.IsReady
                    && processor.Calls.Where(call => call.StartsWith("committed", StringComparison.Ordinal)).Sum(call => int.Parse(call.Split(' ')[1])) == 100,
                "the loop is ready, and no transaction is in progress");

            broker.Kill();
            await Eventually.TrueAsync(() => processor.Calls.Any(call => call.StartsWith("revoked", StringComparison.Ordinal)), "the session is lost");
            // Each iteration of the loop reports its state.
            var (turns, ready) = (0, 0);
            processor.OnWatch = () =>
            {
                if (run.Readiness.IsReady) ready++;
                turns++;
                return Task.CompletedTask;
            };
            await Eventually.TrueAsync(() => turns >= 3, "the loop turns on");
            Assert.Equal(0, ready);

            processor.OnWatch = () => Task.CompletedTask;
            broker = await LocalKafkaBroker.StartAsync(options, cancel: TestContext.Current.CancellationToken);
            await cluster.ProduceAsync(100, 100);
            await Eventually.TrueAsync(async () => (await cluster.ReadAllAsync<ValidatedEvent>(Topics.EventsValidated)).Count >= 200, "all records are copied");
            await Eventually.TrueAsync(() => run.Readiness.IsReady, "the loop is ready again");
            await run.StopAsync();
        }
        finally
        {
            await broker.DisposeAsync();
        }
    }
}
