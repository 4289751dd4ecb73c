using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cdp.Hosting.Api;
using Cdp.Integration.Stack;
using Cdp.LocalKafka;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalRedis;
using Cdp.LocalRegistry;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Cdp.Integration;

/// <summary>How programs start: what they wait for, and which errors end them.</summary>
public sealed partial class StartTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("cdp-it-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task Start_WithoutInfrastructure_IsLiveAndNamesWhatItWaitsFor()
    {
        var (kafka, registry, redis) = (FreePort.FindForRestarts(), FreePort.FindForRestarts(), FreePort.FindForRestarts());
        Directory.CreateDirectory(Path.Combine(_data, "destinations"));
        await File.WriteAllTextAsync(
            Path.Combine(_data, "destinations", "hook.yaml"),
            "id: hook\ntype: webhook\nallow_private: true\nurl: http://127.0.0.1:9/\n",
            TestContext.Current.CancellationToken);
        string[] settings =
        [
            $"--Kafka:BootstrapServers=127.0.0.1:{kafka}", $"--Kafka:SchemaRegistry=http://127.0.0.1:{registry}", $"--Redis:Endpoint=127.0.0.1:{redis}",
            "--Kafka:Partitions=2", "--ProfileIds:Key=k", $"--Api:Tokens:0={ApiTokens.Hash("t")}",
            $"--Sources:0={Path.Combine(_data, "sources")}", $"--Destinations={Path.Combine(_data, "destinations")}",
        ];
        await using var ingestion = ServiceProcess.OnFreePorts("Ingestion", settings);
        await using var validation = ServiceProcess.OnFreePorts("Validation", settings);
        await using var identity = ServiceProcess.OnFreePorts("Identity", settings);
        await using var profiles = ServiceProcess.OnFreePorts("Profiles", settings);
        await using var fanout = ServiceProcess.OnFreePorts("Fanout", settings);
        ServiceProcess[] all = [ingestion, validation, identity, profiles, fanout];
        ServiceProcess[] withRedis = [validation, identity, profiles];
        var started = Stopwatch.StartNew();
        foreach (var process in all) process.Start();

        await Task.WhenAll(all.Select(process => process.UntilLiveAsync()));
        await UntilWaitingAsync(all, "kafka");
        await Task.WhenAll(all.Select(process =>
            Eventually.TrueAsync(
                () => process.Lines.Any(line => line.Contains("waiting for Kafka", StringComparison.Ordinal)), "it logs that it waits for Kafka")));

        await using var broker = await LocalKafkaBroker.StartAsync(
            new LocalKafkaOptions { DataDirectory = Path.Combine(_data, "kafka"), Port = kafka }, cancel: TestContext.Current.CancellationToken);
        await UntilWaitingAsync(all, "registry");

        await using var registryServer = await RegistryServer.StartAsync(broker.BootstrapServers, IPAddress.Loopback, registry);
        await Task.WhenAll(ingestion.UntilReadyAsync(), fanout.UntilReadyAsync());
        await UntilWaitingAsync(withRedis, "hot state");

        using var garnet = EmbeddedRedis.Start(Path.Combine(_data, "redis"), IPAddress.Loopback, redis, NullLoggerFactory.Instance);
        await Task.WhenAll(withRedis.Select(process => process.UntilReadyAsync()));

        foreach (var process in all)
        {
            // Each message at most once a minute.
            Assert.Empty(process.Lines.GroupBy(Message).Where(group => group.Count() > 1 + (int)started.Elapsed.TotalMinutes).Select(group => group.First()));
            Assert.Equal(0, await process.StopAsync());
        }
    }

    [Fact]
    public async Task Start_WithoutKafka_StopsOnSigterm()
    {
        await using var validation = ServiceProcess.OnFreePorts("Validation", [$"--Kafka:BootstrapServers=127.0.0.1:{FreePort.FindForRestarts()}"]);
        validation.Start();
        await validation.UntilLiveAsync();
        Assert.Equal(0, await validation.StopAsync());
    }

    [Theory]
    [InlineData("Ingestion", "Kafka:Partitions", "Kafka:SchemaRegistry", "Sources")]
    [InlineData("Validation", "Kafka:Partitions", "Kafka:SchemaRegistry", "plan.yaml:1")]
    [InlineData("Identity", "Kafka:Partitions", "Kafka:SchemaRegistry", "ProfileIds:Key")]
    [InlineData("Profiles", "Kafka:Partitions", "Kafka:SchemaRegistry", "ProfileIds:Key", "Api:Tokens is empty")]
    [InlineData("Fanout", "Kafka:Partitions", "Kafka:SchemaRegistry", "Api:Tokens is empty", "hook.yaml:1")]
    public async Task Start_InvalidConfiguration_PrintsEveryErrorAndExitsWithTwo(string program, params string[] errors)
    {
        await File.WriteAllTextAsync(Path.Combine(_data, "plan.yaml"), "nonsense: 1\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(_data, "hook.yaml"), "nonsense: 1\n", TestContext.Current.CancellationToken);
        await using var process = ServiceProcess.OnFreePorts(
            program, ["--Kafka:Partitions=0", "--Kafka:SchemaRegistry=nowhere", $"--TrackingPlans={_data}", $"--Destinations={_data}"]);
        process.Start();

        Assert.Equal(2, await process.ExitAsync());
        var lines = process.Lines.Where(line => line.StartsWith($"{program.ToLowerInvariant()}: ", StringComparison.Ordinal)).ToList();
        foreach (var error in errors) Assert.Contains(lines, line => line.Contains(error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Start_LocalOnTakenPorts_NamesAllOfThemAndExitsWithOne()
    {
        using var first = new TcpListener(IPAddress.Loopback, 0);
        using var second = new TcpListener(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        var (kafka, redis) = (((IPEndPoint)first.LocalEndpoint).Port, ((IPEndPoint)second.LocalEndpoint).Port);
        string[] ports = ["--ingestion-port=0", "--profiles-port=0", "--identity-port=0", "--fanout-port=0", "--management-port=0", "--registry-port=0"];
        string[] arguments = [.. ports, $"--kafka-port={kafka}", $"--redis-port={redis}", "--data", _data];
        await using var local = new ServiceProcess("Local", arguments) { Url = new Uri("http://127.0.0.1") };
        local.Start();

        Assert.Equal(1, await local.ExitAsync());
        Assert.Contains($"local: port {kafka} (Kafka) is taken; choose another with --kafka-port PORT", local.Lines);
        Assert.Contains($"local: port {redis} (Redis) is taken; choose another with --redis-port PORT", local.Lines);
    }

    private static Task UntilWaitingAsync(ServiceProcess[] processes, string text) => Task.WhenAll(processes.Select(process => Eventually.TrueAsync(
        async () =>
            await process.GetAsync("/health/ready") is (HttpStatusCode.ServiceUnavailable, var body)
                && Names(body, text), $"it is not ready and names {text}")));

    // Whether the name or the detail of a part that is not ready contains the text.
    private static bool Names(string body, string text)
    {
        var waiting = JsonSerializer.Deserialize<JsonElement>(body).GetProperty("parts").EnumerateObject()
            .Where(part => !part.Value.GetProperty("ready").GetBoolean());
        return waiting.Any(part => $"{part.Name} {part.Value.GetProperty("detail")}".Contains(text, StringComparison.OrdinalIgnoreCase));
    }

    // A line without its time, and without the error, which may differ between attempts.
    private static string Message(string line) => Error().Replace(line[Math.Min("HH:mm:ss.fff ".Length, line.Length)..], "");

    [GeneratedRegex("(;| reports:).*")]
    private static partial Regex Error();
}
