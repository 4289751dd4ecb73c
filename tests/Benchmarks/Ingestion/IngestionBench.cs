using System.Text;
using Cdp.Benchmarks.Http;
using Cdp.Benchmarks.Measuring;
using Cdp.Benchmarks.Processes;
using Cdp.Benchmarks.Reporting;
using Cdp.Streaming.Clients;
using Cdp.Testing;

namespace Cdp.Benchmarks.Ingestion;

/// <summary>
/// Ingestion compared with its two baselines on the same machine at the same time: the Kafka client alone for batches, an empty endpoint for single events.
/// Service, broker and the empty endpoint are separate processes. The load comes from this process, whose share of the CPU is reported. In the end every
/// acknowledged event must be in the topic exactly once.
/// </summary>
internal sealed class IngestionBench : IAsyncDisposable
{
    private const string WriteKey = "bench-write-key";
    private const int SingleConnections = 64;
    private const int BatchConnections = 8;
    private const int BareRecords = 400_000;

    private readonly IngestionBenchOptions _options;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cdp-bench-");
    private readonly FakeRegistry _registry;
    private readonly BrokerProcess _broker;
    private readonly KafkaOptions _kafka;
    private readonly ServiceProcess _service;
    private readonly ServiceProcess _empty;
    private readonly HttpLoad _load;
    private readonly HttpLoad _emptyLoad;
    private readonly RequestTemplate _single;
    private readonly RequestTemplate _batch;
    private readonly List<LoadResult> _sent = [];
    private readonly List<string[]> _rows = [];

    private IngestionBench(IngestionBenchOptions options, FakeRegistry registry)
    {
        _options = options;
        _registry = registry;
        _broker = new BrokerProcess(Path.Combine(_folder.FullName, "log"));
        _broker.Start();
        _kafka = new KafkaOptions { BootstrapServers = _broker.BootstrapServers, SchemaRegistry = registry.Url };
        _service = ServiceProcess.OnFreePorts(
            "Ingestion", $"--Kafka:BootstrapServers={_kafka.BootstrapServers} --Kafka:SchemaRegistry={_kafka.SchemaRegistry} --Sources:0={SourceFolder()}");
        _empty = ServiceProcess.OnFreePorts("Empty", "empty-endpoint", "/health/live", typeof(IngestionBench).Assembly.Location);
        _load = new HttpLoad(_service.Address);
        _emptyLoad = new HttpLoad(_empty.Address);
        _single = RequestTemplate.Single(WriteKey, options.Bytes);
        _batch = RequestTemplate.Batch(WriteKey, options.Bytes, options.Batch);
    }

    /// <returns>Whether every count is correct.</returns>
    public static async Task<bool> RunAsync(IngestionBenchOptions options)
    {
        await using var registry = await FakeRegistry.StartAsync();
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
        Console.WriteLine(
            $"events of {_options.Bytes} bytes, batches of {_options.Batch} over {BatchConnections} connections, single events over {SingleConnections}");
        Console.WriteLine(
            $"{_options.Rounds} rounds of {_options.Seconds} s, {Environment.ProcessorCount} cores, load average before {ProcessUsage.LoadAverage}\n");
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

        if (_options.Outage is { } seconds)
        {
            var outage = new Outage(_broker, _service, _load, _single, _batch);
            _sent.AddRange(await outage.RunAsync(TimeSpan.FromSeconds(seconds), singles / 4, batches / 4));
        }

        var ledger = IngestionLedger.Read(_kafka, _load.Numbered, _sent);
        long[] counts = [ledger.Sent, ledger.Acknowledged, ledger.Found, ledger.Lost, ledger.Unacknowledged, ledger.Duplicates, ledger.Quarantined];
        Table.Print(
            ["ledger", "sent", "acknowledged", "stored", "acknowledged but lost", "stored but unacknowledged", "duplicates", "quarantined"],
            [["events", .. counts.Select(count => $"{count:N0}")]]);
        Console.WriteLine($"service: {_service.CpuSeconds:0.0} CPU s, peak {_service.PeakMiB} MiB; load average {ProcessUsage.LoadAverage}");
        return ledger.IsCorrect(hadOutage: _options.Outage is not null);
    }

    private TimeSpan Time => TimeSpan.FromSeconds(_options.Seconds);

    /// <returns>Requests per second, the median of the rounds.</returns>
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
        Add("  ratio to the Kafka client", $"{ratio:P0}", "≥ 50%", ratio >= 0.5);
        Add("  ratio in each round", string.Join(' ', rounds.Select(round => $"{round.Own.Events / round.Measure:P0}")));
        return AddUsage(rounds.Select(round => round.Own), 25_500) / _options.Batch;
    }

    /// <returns>Requests per second: the median of the rounds.</returns>
    private async Task<double> SinglesAsync()
    {
        var rounds = new List<(double Measure, Usage Own)>();
        for (var round = 0; round < _options.Rounds; round++)
        {
            rounds.Add((_emptyLoad.Peak(_single, SingleConnections, Time).RequestsPerSecond, await MeasureAsync(_single, SingleConnections)));
        }

        var ratio = Median(rounds.Select(round => round.Own.Events / round.Measure));
        Add("an empty endpoint, requests/s", $"{Median(rounds.Select(round => round.Measure)):N0}");
        Add("single events, requests/s", $"{Median(rounds.Select(round => round.Own.Events)):N0}");
        Add("  ratio to the empty endpoint", $"{ratio:P0}", "≥ 50%", ratio >= 0.5);
        Add("  ratio in each round", string.Join(' ', rounds.Select(round => $"{round.Own.Events / round.Measure:P0}")));
        return AddUsage(rounds.Select(round => round.Own), 8_500);
    }

    private void Latency(string what, RequestTemplate request, int connections, double rate)
    {
        var result = _load.Steady(request, connections, Time, rate);
        _sent.Add(result);
        var p99 = result.Latency(0.99).TotalMilliseconds;
        var (p50, p999) = (result.Latency(0.5).TotalMilliseconds, result.Latency(0.999).TotalMilliseconds);
        Add($"{what} at half the peak, {rate:N0} requests/s: p50, p99.9", $"{p50:0.0} ms, {p999:0.0} ms");
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
        var (cpuPerEvent, allocatedPerEvent) = ((_service.CpuSeconds - cpu) / events, (await AllocatedAsync() - allocated) / events);
        var (brokerPerEvent, loadPerEvent) = ((_broker.CpuSeconds - broker) / events, (ProcessUsage.CpuSeconds(Environment.ProcessId) - own) / events);
        return new Usage(result.EventsPerSecond, cpuPerEvent, allocatedPerEvent, brokerPerEvent, loadPerEvent);
    }

    private Task<long> AllocatedAsync() => _service.CounterAsync("dotnet_gc_heap_total_allocated", "");

    private double AddUsage(IEnumerable<Usage> rounds, double perCpuSecond)
    {
        var usages = rounds.ToList();
        var (events, cpu) = (Median(usages.Select(usage => usage.Events)), 1 / Median(usages.Select(usage => usage.CpuPerEvent)));
        var allocated = Median(usages.Select(usage => usage.AllocatedPerEvent));
        Add("  events per CPU second of the service", $"{cpu:N0}", $"≥ {perCpuSecond:N0}", cpu >= perCpuSecond);
        if (perCpuSecond > 10_000) Add("  allocated per event", $"{allocated:N0} bytes", "≤ 1,024 bytes", allocated <= 1_024);
        else Add("  allocated per event", $"{allocated:N0} bytes");
        Func<Usage, double>[] shares = [usage => usage.CpuPerEvent, usage => usage.BrokerPerEvent, usage => usage.LoadPerEvent];
        Add("  CPU per event: service, broker, load", string.Join(" + ", shares.Select(share => $"{Median(usages.Select(share)) * 1e6:0.0}")) + " µs");
        return events;
    }

    private void Add(string what, string measured, string budget = "", bool? isMet = null) =>
        _rows.Add([what, measured, budget, isMet switch { null => "", true => "met", false => "MISSED" }]);

    private string SourceFolder()
    {
        var folder = _folder.CreateSubdirectory("sources");
        File.WriteAllText(Path.Combine(folder.FullName, "bench.yaml"), $"id: bench\ntype: server\nwrite_keys: {Installation.Hash(WriteKey)}\n");
        return folder.FullName;
    }

    private static double Median(IEnumerable<double> values) => values.Order().ToArray() is var sorted ? sorted[sorted.Length / 2] : 0;

    /// <summary>Events per second, and what one event cost: CPU seconds and bytes.</summary>
    private sealed record Usage(double Events, double CpuPerEvent, double AllocatedPerEvent, double BrokerPerEvent, double LoadPerEvent);
}
