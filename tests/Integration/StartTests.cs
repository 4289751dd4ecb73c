using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cdp.Hosting;
using Cdp.Integration.Stack;
using Cdp.Local;
using Cdp.Local.Redis;
using Cdp.Local.SchemaRegistry;
using Cdp.LocalKafka;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Cdp.Integration;

/// <summary>How programs start: what they wait for, and what they refuse.</summary>
public sealed partial class StartTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("cdp-it-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task Start_NothingThere_IsLiveAndNamesWhatItWaitsForUntilAllIsThere()
    {
        var (kafka, registry, redis) = (ServiceProcess.FreePort(), ServiceProcess.FreePort(), ServiceProcess.FreePort());
        Directory.CreateDirectory(Path.Combine(_data, "destinations"));
        await File.WriteAllTextAsync(Path.Combine(_data, "destinations", "hook.yaml"), "id: hook\ntype: webhook\nurl: http://127.0.0.1:9/\n", TestContext.Current.CancellationToken);
        string[] settings =
        [
            $"--Kafka:BootstrapServers=127.0.0.1:{kafka}", $"--Kafka:SchemaRegistry=http://127.0.0.1:{registry}", $"--Redis:Endpoint=127.0.0.1:{redis}", "--Kafka:Partitions=2", "--ProfileIds:Key=k", $"--Api:Tokens:0={ApiTokens.Hash("t")}",
            $"--Sources:0={Path.Combine(_data, "sources")}", $"--Destinations={Path.Combine(_data, "destinations")}",
        ];
        await using var ingestion = Service("Ingestion", settings);
        await using var validation = Service("Validation", settings);
        await using var identity = Service("Identity", settings);
        await using var profiles = Service("Profiles", settings);
        await using var fanout = Service("Fanout", settings);
        ServiceProcess[] all = [ingestion, validation, identity, profiles, fanout];
        ServiceProcess[] withRedis = [validation, identity, profiles];
        var started = Stopwatch.StartNew();
        foreach (var process in all) process.Start();

        await Task.WhenAll(all.Select(process => process.UntilLiveAsync()));
        await UntilWaitingAsync(all, "kafka");
        await Task.WhenAll(all.Select(process => Eventually.TrueAsync(() => process.Lines.Any(line => line.Contains("waiting for Kafka", StringComparison.Ordinal)), "it says so")));

        await using var broker = await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = Path.Combine(_data, "kafka"), Port = kafka }, cancel: TestContext.Current.CancellationToken);
        await UntilWaitingAsync(all, "registry");

        await using var registryServer = await RegistryServer.StartAsync(broker.BootstrapServers, IPAddress.Loopback, registry);
        await Task.WhenAll(ingestion.UntilReadyAsync(), fanout.UntilReadyAsync());
        await UntilWaitingAsync(withRedis, "hot state");

        using var garnet = EmbeddedRedis.Start(Path.Combine(_data, "redis"), IPAddress.Loopback, redis, NullLoggerFactory.Instance);
        await Task.WhenAll(withRedis.Select(process => process.UntilReadyAsync()));

        foreach (var process in all)
        {
            Assert.Empty(process.Lines.GroupBy(What).Where(told => told.Count() > 1 + (int)started.Elapsed.TotalMinutes).Select(told => told.First()));
            Assert.Equal(0, await process.StopAsync());
        }
    }

    [Fact]
    public async Task Start_KafkaAway_StopsWhenToldTo()
    {
        await using var validation = Service("Validation", [$"--Kafka:BootstrapServers=127.0.0.1:{ServiceProcess.FreePort()}"]);
        validation.Start();
        await validation.UntilLiveAsync();
        Assert.Equal(0, await validation.StopAsync());
    }

    [Theory]
    [InlineData("Ingestion", "Kafka:Partitions", "Kafka:SchemaRegistry", "Sources")]
    [InlineData("Validation", "Kafka:Partitions", "Kafka:SchemaRegistry", "plan.yaml:1")]
    [InlineData("Identity", "Kafka:Partitions", "Kafka:SchemaRegistry", "ProfileIds:Key")]
    [InlineData("Profiles", "Kafka:Partitions", "Kafka:SchemaRegistry", "ProfileIds:Key", "Api:Tokens is empty")]
    [InlineData("Fanout", "Kafka:Partitions", "Kafka:SchemaRegistry", "hook.yaml:1")]
    public async Task Start_WrongConfiguration_PrintsEveryErrorAndEndsWithTwo(string program, params string[] errors)
    {
        await File.WriteAllTextAsync(Path.Combine(_data, "plan.yaml"), "nonsense: 1\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(_data, "hook.yaml"), "nonsense: 1\n", TestContext.Current.CancellationToken);
        await using var process = Service(program, ["--Kafka:Partitions=0", "--Kafka:SchemaRegistry=nowhere", $"--TrackingPlans={_data}", $"--Destinations={_data}"]);
        process.Start();

        Assert.Equal(2, await process.ExitAsync());
        foreach (var error in errors) Assert.Contains(process.Lines, line => line.StartsWith($"{program.ToLowerInvariant()}: ", StringComparison.Ordinal) && line.Contains(error, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ingestion", "--ingestion-port")]
    [InlineData("profile API", "--profiles-port")]
    [InlineData("identity API", "--identity-port")]
    [InlineData("schema registry", "--registry-port")]
    [InlineData("Kafka", "--kafka-port")]
    [InlineData("Redis", "--redis-port")]
    public async Task Start_LocalOnTakenPort_NamesPortUseAndOption(string use, string option)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var ports = new List<string> { "--ingestion-port=0", "--profiles-port=0", "--identity-port=0", "--registry-port=0", "--kafka-port=0", "--redis-port=0" };
        ports.RemoveAll(other => other.StartsWith(option, StringComparison.Ordinal));
        await using var local = new ServiceProcess("Local", [.. ports, $"{option}={port}", "--data", _data]) { Url = new Uri("http://127.0.0.1") };
        local.Start();

        Assert.Equal(1, await local.ExitAsync());
        Assert.Equal($"local: port {port} ({use}) is taken; choose another with {option} PORT, or {option} 0 for any free one", Assert.Single(local.Lines));
    }

    private static ServiceProcess Service(string program, string[] settings)
    {
        var port = ServiceProcess.FreePort();
        return new ServiceProcess(program, [.. settings, $"--Port={port}"]) { Url = new Uri($"http://127.0.0.1:{port}") };
    }

    private static Task UntilWaitingAsync(ServiceProcess[] processes, string what) =>
        Task.WhenAll(processes.Select(process => Eventually.TrueAsync(async () => await process.GetAsync("/health/ready") is (HttpStatusCode.ServiceUnavailable, var body) && Names(body, what), $"it is not ready and names {what}")));

    // A part that is not ready is about that, by its name or its detail.
    private static bool Names(string body, string what)
    {
        var waiting = JsonSerializer.Deserialize<JsonElement>(body).GetProperty("parts").EnumerateObject().Where(part => !part.Value.GetProperty("ready").GetBoolean());
        return waiting.Any(part => $"{part.Name} {part.Value.GetProperty("detail")}".Contains(what, StringComparison.OrdinalIgnoreCase));
    }

    // A line without its time, and without the error, which may differ from try to try.
    private static string What(string line) => TheError().Replace(line[Math.Min("HH:mm:ss.fff ".Length, line.Length)..], "");

    [GeneratedRegex("(;| reports:).*")]
    private static partial Regex TheError();
}
