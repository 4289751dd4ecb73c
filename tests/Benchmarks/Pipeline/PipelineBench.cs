using System.Diagnostics;
using System.Globalization;
using System.Text;
using Cdp.Benchmarks.Measuring;
using Cdp.Benchmarks.Processes;
using Cdp.Benchmarks.Reporting;
using Cdp.Hosting.Api;
using Cdp.Streaming.Clients;
using Cdp.Testing;
using StackExchange.Redis;

namespace Cdp.Benchmarks.Pipeline;

/// <summary>
/// The path of an event through all services, each a separate process. First each service alone, on the records of the service before it, so that each figure
/// measures one service. Then all at once, counting every event. Finally at a steady rate, for the latency.
/// </summary>
internal static class PipelineBench
{
    private const string WriteKey = "bench-write-key";
    private const string ProfileIdKey = "bench-profile-id-key";
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(10);

    /// <returns>Whether every count is correct.</returns>
    public static async Task<bool> RunAsync(PipelineOptions options)
    {
        var folder = Directory.CreateTempSubdirectory("cdp-bench-");
        int[] ports = [.. Enumerable.Range(0, 14).Select(_ => FreePort.FindForRestarts())];
        var existing = ExistingCluster.FromEnvironment();
        await using var receiver = await WebhookReceiver.StartAsync(ports[0]);
        Write(folder, "sources/bench.yaml", $"id: bench\ntype: server\nwrite_keys: {Installation.Hash(WriteKey)}\n");
        var hook = $"url: http://127.0.0.1:{ports[0]}/hook\nallow_private: true";
        Write(folder, "destinations/hook.yaml", $"id: hook\ntype: webhook\n{hook}\nsecret: bench\nconcurrency: 32\n");

        var kafka = existing is null
            ? new KafkaOptions { BootstrapServers = $"127.0.0.1:{ports[1]}", SchemaRegistry = $"http://127.0.0.1:{ports[2]}" }
            : new KafkaOptions
            {
                BootstrapServers = existing.Kafka,
                SchemaRegistry = existing.Registry,
                TopicPrefix = $"bench-{Guid.NewGuid().ToString("N")[..8]}.",
            };
        var redis = Installation.ExistingRedis ?? $"127.0.0.1:{ports[3]}";
        var common = $"--Kafka:BootstrapServers={kafka.BootstrapServers} --Kafka:SchemaRegistry={kafka.SchemaRegistry} --Kafka:TopicPrefix={kafka.TopicPrefix}"
            + $" --Redis:Endpoint={redis} --Redis:KeyPrefix={kafka.TopicPrefix} --ProfileIds:Key={ProfileIdKey} --Api:Tokens:0={ApiTokens.Hash("bench")}";
        await using var infra = Service(
            "Local", 2, $"--infra --data {folder.FullName}/data --kafka-port {ports[1]} --registry-port {ports[2]} --redis-port {ports[3]}", "/subjects");
        await using var ingestion = Service("Ingestion", 4, $"{common} --Sources:0={folder.FullName}/sources");
        await using var validation = Service("Validation", 5, common);
        await using var identity = Service("Identity", 6, common);
        await using var profiles = Service("Profiles", 7, common);
        await using var fanout = Service("Fanout", 8, $"{common} --Destinations={folder.FullName}/destinations");
        ServiceProcess[] services = [ingestion, validation, identity, profiles, fanout];
        try
        {
            Console.WriteLine($"{options.Events:N0} events of {options.Bytes} bytes, {options.Users:N0} users");
            Console.WriteLine($"batches of {options.Batch}, {options.Connections} connections");
            Console.WriteLine($"{Environment.ProcessorCount} cores, load average before {ProcessUsage.LoadAverage}\n");
            if (existing is null) await infra.StartAsync();
            var (produce, copy) = await BareAsync(kafka, options);

            var rows = await StagedAsync(options, kafka, services, produce, copy);
            var (whole, agree) = await WholeAsync(options, kafka, services, receiver, produce);
            rows.Add(whole);
            var latency = await Latency.MeasureAsync(kafka, redis, ProfileIdKey, ingestion.Address, WriteKey, options.Seconds);

            Table.Print(["", "events/s", "of the bare client", ""], rows);
            Table.Print(["event → profile readable at 1,000/s", "p50", "p99", "p99.9"], [latency]);
            var processes = existing is null ? services.Prepend(infra) : services;
            Table.Print(
                ["process", "CPU s", "peak MiB"], [.. processes.Select(process => new[] { process.Name, $"{process.CpuSeconds:0.0}", $"{process.PeakMiB}" })]);
            return agree;
        }
        finally
        {
            foreach (var service in services) await service.DisposeAsync();
            await infra.DisposeAsync();
            if (existing is not null) await existing.CleanAsync(kafka);
            folder.Delete(recursive: true);
        }

        ServiceProcess Service(string name, int port, string arguments, string health = "/health/ready") => name == "Local"
            ? new ServiceProcess(name, arguments, Local(port), Local(port), health)
            : new ServiceProcess(name, $"{arguments} --Port={ports[port]} --Management:Port={ports[port + 5]}", Local(port), Local(port + 5), health);

        Uri Local(int port) => new($"http://127.0.0.1:{ports[port]}");
    }

    private static async Task<(double Produce, double Copy)> BareAsync(KafkaOptions kafka, PipelineOptions options)
    {
        var workload = new Workload("bare", options);
        byte[][] values = [.. Enumerable.Range(0, options.Events).Select(i => Encoding.UTF8.GetBytes(workload.Event(i)))];
        var bare = new BareClient(kafka, "pipeline");
        await bare.CreateTopicsAsync();
        return (bare.Produce(values), bare.Copy(values.Length));
    }

    /// <summary>Each service alone: the rate at which it processes the output of the service before it.</summary>
    private static async Task<List<string[]>> StagedAsync(PipelineOptions options, KafkaOptions kafka, ServiceProcess[] services, double produce, double copy)
    {
        var rows = new List<string[]> { Row("bare client: produce", produce, 0, ""), Row("bare client: transactional copy, 5,000 a batch", copy, 0, "") };
        var workload = new Workload("staged", options);
        byte[][] bodies = [.. workload.Batches()];
        await services[0].StartAsync();
        using var sender = new Sender(services[0].Address, WriteKey, options.Connections);
        await sender.SendAllAsync(new Workload("warm", options with { Events = Math.Min(2_000, options.Events) }).Batches());
        var started = Stopwatch.GetTimestamp();
        await sender.SendAllAsync(bodies);
        rows.Add(Row("ingestion, acknowledged", options.Events / Stopwatch.GetElapsedTime(started).TotalSeconds, produce, "of produce"));
        foreach (var (service, group) in services.Skip(1).Zip(["validation", "identity-resolver", "profiles", "fanout-hook"]))
        {
            rows.Add(Row($"{group}, alone", await DrainAsync(service, group, options.Events), copy, "of copy"));
        }
        return rows;
    }

    /// <summary>Starts a service on a filled topic.</summary>
    /// <returns>Its rate between the first and the last committed record, in records per second.</returns>
    private static async Task<double> DrainAsync(ServiceProcess service, string group, int atLeast)
    {
        await service.StartAsync();
        var (first, firstAt, last, lastAt) = (0L, 0L, 0L, 0L);
        await ServiceProcess.WaitAsync($"{group} processed {atLeast} records", async () =>
        {
            var now = await service.CounterAsync("cdp_stream_records_in", $"group=\"{group}\"");
            if (firstAt == 0 && now > 0) (first, firstAt) = (now, Stopwatch.GetTimestamp());
            if (now > last) (last, lastAt) = (now, Stopwatch.GetTimestamp());
            return last >= atLeast && Stopwatch.GetElapsedTime(lastAt) > TimeSpan.FromSeconds(2);
        }, Bound);
        return (last - first) / Stopwatch.GetElapsedTime(firstAt, lastAt).TotalSeconds;
    }

    /// <summary>All services at once. Every event must be found exactly once, in its user's profile and at the destination.</summary>
    private static async Task<(string[] Row, bool Agree)> WholeAsync(
        PipelineOptions options, KafkaOptions kafka, ServiceProcess[] services, WebhookReceiver receiver, double produce)
    {
        const string Run = "whole";
        byte[][] bodies = [.. new Workload(Run, options).Batches()];
        receiver.Reset();
        using var sender = new Sender(services[0].Address, WriteKey, options.Connections);
        var started = Stopwatch.GetTimestamp();
        var kills = new List<Task>();
        await sender.SendAllAsync(bodies, acked =>
        {
            // One kill after each sixth of the run. Sending continues during the restarts.
            var (sixth, victim) = (Math.Max(1, bodies.Length / 6), acked / Math.Max(1, bodies.Length / 6) - 1);
            if (options.Kill && acked % sixth == 0 && victim < services.Length)
            {
                Console.WriteLine($"SIGKILL {services[victim].Name} after {acked * options.Batch:N0} events, then restart under the same name");
                lock (kills) kills.Add(services[victim].KillAndStartAsync());
            }
            return Task.CompletedTask;
        });
        var acked = options.Events / Stopwatch.GetElapsedTime(started).TotalSeconds;
        await Task.WhenAll(kills);

        await ServiceProcess.WaitAsync($"{options.Events} events reached the destination", () => Task.FromResult(receiver.Distinct >= options.Events), Bound);
        var through = options.Events / Stopwatch.GetElapsedTime(started).TotalSeconds;
        var ledger = await ReadSettledLedgerAsync(kafka, Run, options.Events);
        (string What, long Count, long Expected)[] counts =
        [
            (
                "acknowledged to the sender", options.Events,
                options.Events), ("collected, distinct", ledger.Collected, options.Events), ("validated, distinct", ledger.Validated, options.Events),
            ("folded into profiles", ledger.Folded, options.Events), ("folded outside their user's profile", ledger.InWrongProfile, 0), (
                "received by the destination, distinct", receiver.Distinct, options.Events),
            (
                "deliveries recorded, distinct", ledger.Delivered,
                options.Events), ("dead deliveries", ledger.DeadDeliveries, 0), ("quarantined", ledger.Quarantined, 0), ("dead letters", ledger.Dead, 0),
        ];
        Table.Print(
            ["events", "count", "expected", "difference"],
            [.. counts.Select(count => new[] { count.What, $"{count.Count:N0}", $"{count.Expected:N0}", $"{count.Count - count.Expected:+#,0;-#,0;0}" })]);
        Console.WriteLine($"requests retried by the sender: {sender.Retries:N0}; repeated webhook requests: {receiver.Requests - receiver.Distinct:N0}\n");
        return (
            Row($"whole pipeline, sent at {acked:N0} events/s, to the destination", through, produce, "of produce"),
            counts.All(count => count.Count == count.Expected));
    }

    // The destination may receive an event before the profile has it: both read the same topic.
    private static async Task<PipelineLedger> ReadSettledLedgerAsync(KafkaOptions kafka, string run, int events)
    {
        PipelineLedger? ledger = null;
        for (var since = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(since) < TimeSpan.FromMinutes(1);)
        {
            var next = await PipelineLedger.ReadAsync(kafka, run);
            if (next == ledger || (next.Folded == events && next.Delivered == events && next.InWrongProfile == 0)) return next;
            ledger = next;
            await Task.Delay(TimeSpan.FromSeconds(2));
        }
        return ledger!;
    }

    private static string[] Row(string what, double rate, double bare, string of) =>
        [what, rate.ToString("N0", CultureInfo.InvariantCulture), bare == 0 ? "" : $"{rate / bare:P0}", of];

    private static void Write(DirectoryInfo folder, string file, string text)
    {
        var path = Path.Combine(folder.FullName, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
