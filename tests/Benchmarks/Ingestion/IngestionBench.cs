using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Cdp.Streaming;

namespace Cdp.Benchmarks;

/// <summary>
/// Ingestion beside its two measures on the same machine in the same minutes: the Kafka client alone for batches, an endpoint that does nothing for single
/// events. Service, broker and the empty endpoint are processes of their own; the load comes from this one, whose share of the CPU is told. In the
/// end every acknowledged event must be found in the topic once.
/// </summary>
internal sealed class IngestionBench : IAsyncDisposable
{
    private const string WriteKey = "bench-write-key";
    private const int SingleConnections = 64;
    private const int BatchConnections = 8;
    private const int BareRecords = 400_000;

    private readonly IngestionBenchOptions _options;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cdp-bench-");
    private readonly BenchRegistry _registry;
    private readonly BrokerProcess _broker;
    private readonly KafkaOptions _kafka;
    private readonly ServiceProcess _service;
    private readonly ServiceProcess _empty;
    private readonly Load _load;
    private readonly Load _emptyLoad;
    private readonly RequestTemplate _single;
    private readonly RequestTemplate _batch;
    private readonly List<LoadResult> _sent = [];
    private readonly List<string[]> _rows = [];

    private IngestionBench(IngestionBenchOptions options, BenchRegistry registry)
    {
        _options = options;
        _registry = registry;
        _broker = new BrokerProcess(Path.Combine(_folder.FullName, "log"));
        _broker.Start();
        _kafka = new KafkaOptions { BootstrapServers = _broker.BootstrapServers, SchemaRegistry = registry.Url };
        _service = Process("Ingestion", $"--Kafka:BootstrapServers={_kafka.BootstrapServers} --Kafka:SchemaRegistry={_kafka.SchemaRegistry} --Sources:0={SourceFolder()}");
        _empty = Process("Empty", "empty-endpoint", "/health/live", typeof(IngestionBench).Assembly.Location);
        _load = new Load(_service.Address);
        _emptyLoad = new Load(_empty.Address);
        _single = RequestTemplate.Single(WriteKey, options.Bytes);
        _batch = RequestTemplate.Batch(WriteKey, options.Bytes, options.Batch);
    }

    /// <summary>Answers whether every count agrees.</summary>
    public static async Task<bool> RunAsync(IngestionBenchOptions options)
    {
        await using var registry = await BenchRegistry.StartAsync();
        await using var bench = new IngestionBench(options, registry);
        return await bench.RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        await _empty.DisposeAsync();
        _broker.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<bool> RunAsync()
    {
        Console.WriteLine($"events of {_options.Bytes} bytes, batches of {_options.Batch} over {BatchConnections} connections, single events over {SingleConnections}, {_options.Rounds} rounds of {_options.Seconds} s, {Environment.ProcessorCount} cores, load before {File.ReadAllText("/proc/loadavg").Split(' ')[0]}\n");
        await _service.StartAsync();
        await _empty.StartAsync();
        Peak(_single, SingleConnections);
        Peak(_batch, BatchConnections);
        _emptyLoad.Peak(_single, SingleConnections, Time);

        var batches = await BatchesAsync();
        var singles = await SinglesAsync();
        Latency("single events", _single, SingleConnections, singles / 2);
        Latency($"batches of {_options.Batch}", _batch, BatchConnections, batches / 2);
        var import = await new ImportRun(_service, _load, WriteKey, _options.Bytes).RunAsync(_options.ImportGigabytes);
        _sent.Add(import.Sent);
        _rows.AddRange(import.Rows);
        Table.Print(["ingestion", "measured", "budget", ""], _rows);

        if (_options.Outage is { } seconds) _sent.AddRange(await new Outage(_broker, _service, _load, _single, _batch).RunAsync(TimeSpan.FromSeconds(seconds), singles / 4, batches / 4));

        var ledger = IngestionLedger.Read(_kafka, _load.Numbered, _sent);
        Table.Print(["ledger", "sent", "acknowledged", "in the topic", "acknowledged, not there", "there, not acknowledged", "there twice", "quarantined"],
            [["events", $"{ledger.Sent:N0}", $"{ledger.Acknowledged:N0}", $"{ledger.Found:N0}", $"{ledger.Lost:N0}", $"{ledger.Unacknowledged:N0}", $"{ledger.Duplicates:N0}", $"{ledger.Quarantined:N0}"]]);
        Console.WriteLine($"service: {_service.CpuSeconds:0.0} CPU s, peak {_service.PeakMiB} MiB; load now {File.ReadAllText("/proc/loadavg").Split(' ')[0]}");
        return ledger.Agrees(hadOutage: _options.Outage is not null);
    }

    private TimeSpan Time => TimeSpan.FromSeconds(_options.Seconds);

    /// <returns>Requests a second, the median of the rounds.</returns>
    private async Task<double> BatchesAsync()
    {
        byte[][] values = [.. Enumerable.Range(0, BareRecords).Select(_ => Encoding.ASCII.GetBytes(RequestTemplate.Event(_options.Bytes)))];
        var bare = new BareClient(_kafka, "ingestion");
        await bare.CreateTopicsAsync();
        bare.Produce(values);
        var rounds = new List<(double Measure, Usage Own)>();
        for (var round = 0; round < _options.Rounds; round++) rounds.Add((bare.Produce(values), await MeasureAsync(_batch, BatchConnections)));

        var ratio = Median(rounds.Select(round => round.Own.Events / round.Measure));
        Add("the Kafka client alone, events/s", $"{Median(rounds.Select(round => round.Measure)):N0}");
        Add($"batches of {_options.Batch}, events/s", $"{Median(rounds.Select(round => round.Own.Events)):N0}");
        Add("  of the Kafka client's", $"{ratio:P0}", "≥ 50%", ratio >= 0.5);
        Add("  the same, each round", string.Join(' ', rounds.Select(round => $"{round.Own.Events / round.Measure:P0}")));
        return AddUsage(rounds.Select(round => round.Own), 25_500) / _options.Batch;
    }

    /// <returns>Requests a second, the median of the rounds.</returns>
    private async Task<double> SinglesAsync()
    {
        var rounds = new List<(double Measure, Usage Own)>();
        for (var round = 0; round < _options.Rounds; round++) rounds.Add((_emptyLoad.Peak(_single, SingleConnections, Time).RequestsPerSecond, await MeasureAsync(_single, SingleConnections)));

        var ratio = Median(rounds.Select(round => round.Own.Events / round.Measure));
        Add("an empty endpoint, requests/s", $"{Median(rounds.Select(round => round.Measure)):N0}");
        Add("single events, requests/s", $"{Median(rounds.Select(round => round.Own.Events)):N0}");
        Add("  of the empty endpoint's", $"{ratio:P0}", "≥ 50%", ratio >= 0.5);
        Add("  the same, each round", string.Join(' ', rounds.Select(round => $"{round.Own.Events / round.Measure:P0}")));
        return AddUsage(rounds.Select(round => round.Own), 8_500);
    }

    private void Latency(string what, RequestTemplate request, int connections, double rate)
    {
        var result = _load.Steady(request, connections, Time, rate);
        _sent.Add(result);
        var p99 = result.Latency(0.99).TotalMilliseconds;
        Add($"{what} at half the peak, {rate:N0} requests/s: p50, p99.9", $"{result.Latency(0.5).TotalMilliseconds:0.0} ms, {result.Latency(0.999).TotalMilliseconds:0.0} ms");
        Add("  p99", $"{p99:0.0} ms", "≤ 50 ms", p99 <= 50);
    }

    private LoadResult Peak(RequestTemplate request, int connections)
    {
        var result = _load.Peak(request, connections, Time);
        _sent.Add(result);
        return result;
    }

    private async Task<Usage> MeasureAsync(RequestTemplate request, int connections)
    {
        var (cpu, allocated, broker, own) = (_service.CpuSeconds, await AllocatedAsync(), _broker.CpuSeconds, ProcessUsage.CpuSeconds(Environment.ProcessId));
        var result = Peak(request, connections);
        var events = (double)result.Accepted * result.EventsPerRequest;
        return new Usage(result.EventsPerSecond, (_service.CpuSeconds - cpu) / events, (await AllocatedAsync() - allocated) / events, (_broker.CpuSeconds - broker) / events, (ProcessUsage.CpuSeconds(Environment.ProcessId) - own) / events);
    }

    private Task<long> AllocatedAsync() => _service.CounterAsync("dotnet_gc_heap_total_allocated", "");

    private double AddUsage(IEnumerable<Usage> rounds, double perCpuSecond)
    {
        var usages = rounds.ToList();
        var (events, cpu, allocated) = (Median(usages.Select(usage => usage.Events)), 1 / Median(usages.Select(usage => usage.CpuPerEvent)), Median(usages.Select(usage => usage.AllocatedPerEvent)));
        Add("  events per CPU second of the service", $"{cpu:N0}", $"≥ {perCpuSecond:N0}", cpu >= perCpuSecond);
        if (perCpuSecond > 10_000) Add("  allocated per event", $"{allocated:N0} bytes", "≤ 1,024 bytes", allocated <= 1_024);
        else Add("  allocated per event", $"{allocated:N0} bytes");
        Add("  CPU per event: service, broker, load", string.Join(" + ", new[] { usages.Select(usage => usage.CpuPerEvent), usages.Select(usage => usage.BrokerPerEvent), usages.Select(usage => usage.LoadPerEvent) }.Select(each => $"{Median(each) * 1e6:0.0}")) + " µs");
        return events;
    }

    private void Add(string what, string measured, string budget = "", bool? isMet = null) => _rows.Add([what, measured, budget, isMet switch { null => "", true => "met", false => "MISSED" }]);

    private string SourceFolder()
    {
        var folder = _folder.CreateSubdirectory("sources");
        File.WriteAllText(Path.Combine(folder.FullName, "bench.yaml"), $"id: bench\ntype: server\nwrite_keys: {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(WriteKey)))}\n");
        return folder.FullName;
    }

    private static double Median(IEnumerable<double> values) => values.Order().ToArray() is var sorted ? sorted[sorted.Length / 2] : 0;

    private static ServiceProcess Process(string name, string arguments, string health = "/health/ready", string? library = null)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        return new ServiceProcess(name, string.Create(CultureInfo.InvariantCulture, $"{arguments} --Port={port}"), new Uri($"http://127.0.0.1:{port}"), health, library);
    }

    /// <summary>What a second brought, and what one event cost.</summary>
    private sealed record Usage(double Events, double CpuPerEvent, double AllocatedPerEvent, double BrokerPerEvent, double LoadPerEvent);
}
