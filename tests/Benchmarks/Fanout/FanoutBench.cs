using System.Diagnostics;
using System.Net.Http.Headers;
using Avro.Specific;
using cdp;
using Cdp.Benchmarks.Measuring;
using Cdp.Benchmarks.Processes;
using Cdp.Benchmarks.Reporting;
using Cdp.Contracts;
using Cdp.Destinations;
using Cdp.Streaming.Admin;

namespace Cdp.Benchmarks.Fanout;

/// <summary>
/// Deliveries to webhooks that answer after a millisecond, against a loop that only sends the same bodies with an HTTP client, in the same run. Then what must
/// not disturb them: many destinations that want little, a profile that always fails, many profiles that wait, and a destination that is down.
/// </summary>
internal sealed class FanoutBench(FanoutBenchOptions options)
{
    private const int Concurrency = 64;
    private const int Profiles = 1_000;
    private const int Names = 100;
    private const int SteadyRate = 200;
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(10);

    private readonly List<string[]> _rows = [];
    private int _runs;

    /// <returns>Whether every count is correct.</returns>
    public async Task<bool> RunAsync()
    {
        Console.WriteLine($"{options.Events:N0} events of 400 bytes, {Profiles:N0} profiles; the destinations answer after 1 ms");
        Console.WriteLine($"{Environment.ProcessorCount} cores, load average before {ProcessUsage.LoadAverage}\n");
        await using var receiver = await Receiver.StartAsync();
        await using var installation = new Installation();
        await installation.Infra.StartAsync();

        var bare = await BareAsync(receiver);
        var (one, all) = await DeliverAsync(installation, receiver, [Destination("all")], "all", options.Events, [("all", options.Events)]);
        Add("one webhook, of the bare client", one / bare, 0.6, atLeast: true);

        var few = Enumerable.Range(0, 50).Select(i => Destination($"few{i}", $"event = \"Event {i}\"")).ToList();
        var (_, fifty) = await DeliverAsync(
            installation, receiver, few, "few0", options.Events, [.. Enumerable.Range(0, 50).Select(i => ($"few{i}", options.Events / Names))]);
        Add("50 destinations of 1% each, CPU of one that wants all", fifty / all, 3, atLeast: false);

        receiver.Fails = (_, profile) => profile == "profile-0";
        var (others, _) = await DeliverAsync(
            installation, receiver, [Destination("failing")], "failing", options.Events, [("failing", options.Events - (options.Events / Profiles))]);
        receiver.Fails = null;
        Add("one of 1,000 profiles always fails, rate of the others", others / one, 0.9, atLeast: true);

        Add($"{options.Parked:N0} profiles wait, memory a minute later", await ParkAsync(installation, receiver), 1.1, atLeast: false);

        var healthy = await SteadyAsync(installation, receiver, downs: 0);
        var disturbed = await SteadyAsync(installation, receiver, downs: 1);
        Add("one of ten destinations is down, p99 of the other nine", disturbed / healthy, 1.1, atLeast: false);

        Table.Print(["", "ratio", "budget"], _rows);
        return true;
    }

    private void Add(string what, double ratio, double budget, bool atLeast)
    {
        var isMet = atLeast ? ratio >= budget : ratio <= budget;
        _rows.Add([what, $"{ratio:0.00}", $"{(atLeast ? "≥" : "≤")} {budget} {(isMet ? "met" : "MISSED")}"]);
    }

    private static (string Id, string Yaml) Destination(string id, string subscription = "all", string? url = null) =>
        (id, $"id: {id}\ntype: webhook\nallow_private: true\nurl: {url ?? "URL/" + id}\nsubscribe: {subscription}\nconcurrency: {Concurrency}\n");

    /// <summary>Sends the bodies with an HTTP client and nothing else. Returns the requests per second.</summary>
    private async Task<double> BareAsync(Receiver receiver)
    {
        byte[][] bodies = [.. Enumerable.Range(0, options.Events).Select(i => EventJson.Write(Event(i)))];
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = Concurrency });
        await Parallel.ForEachAsync(bodies, new ParallelOptions { MaxDegreeOfParallelism = Concurrency }, async (body, token) =>
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var response = await client.PostAsync(new Uri($"{receiver.Url}/bare"), content, token);
            response.EnsureSuccessStatusCode();
        });
        Console.WriteLine($"bare client: {receiver["bare"].PerSecond:N0} requests/s");
        return receiver["bare"].PerSecond;
    }

    /// <summary>Writes events and starts the service. Returns the rate of one destination, and the CPU time of the service in seconds.</summary>
    private async Task<(double PerSecond, double CpuSeconds)> DeliverAsync(
        Installation installation,
        Receiver receiver,
        IReadOnlyList<(string Id, string Yaml)> destinations,
        string measured,
        int events,
        IReadOnlyList<(string Id, int Count)> expected)
    {
        receiver.Reset();
        var prefix = $"run{_runs++}.";
        await FillAsync(installation, prefix, Enumerable.Range(0, events).Select(Event));
        await using var fanout = Start(installation, receiver, prefix, destinations);
        await fanout.StartAsync();
        await ServiceProcess.WaitAsync(
            "every event is delivered", () => Task.FromResult(expected.All(destination => receiver[destination.Id].Count >= destination.Count)), Bound);
        var cpu = fanout.CpuSeconds;
        Console.WriteLine($"{destinations.Count} destinations: {receiver[measured].PerSecond:N0} requests/s, {cpu:0.0} CPU s, {fanout.PeakMiB} MiB");
        return (receiver[measured].PerSecond, cpu);
    }

    /// <summary>
    /// Lets profiles fail until all wait. Returns the memory of the service a minute later, as a multiple of that at the beginning of the minute.
    /// </summary>
    private async Task<double> ParkAsync(Installation installation, Receiver receiver)
    {
        receiver.Reset();
        receiver.Fails = (_, profile) => profile.StartsWith("parked", StringComparison.Ordinal);
        var prefix = $"run{_runs++}.";
        // Two events that succeed for each that fails: more failures would open the circuit breaker.
        var events = Enumerable.Range(0, options.Parked * 3).Select(i => Event(i, i % 3 == 0 ? $"parked-{i / 3}" : $"profile-{i % Profiles}"));
        await FillAsync(installation, prefix, events);
        await using var fanout = Start(installation, receiver, prefix, [Destination("parking")]);
        await fanout.StartAsync();
        await ServiceProcess.WaitAsync(
            "every profile waits", async () => await fanout.CounterAsync("cdp_fanout_parked", "destination=\"parking\"") >= options.Parked, Bound);
        var before = fanout.MiB;
        await Task.Delay(TimeSpan.FromMinutes(1));
        var after = fanout.MiB;
        receiver.Fails = null;
        Console.WriteLine($"{options.Parked:N0} profiles wait: {before:0} MiB, a minute later {after:0} MiB");
        return after / before;
    }

    /// <summary>Delivers a steady rate to ten destinations. Returns the highest p99 of those that are up, in seconds.</summary>
    private async Task<double> SteadyAsync(Installation installation, Receiver receiver, int downs)
    {
        receiver.Reset();
        var prefix = $"run{_runs++}.";
        await FillAsync(installation, prefix, []);
        var destinations = Enumerable.Range(0, 10).Select(i => Destination($"ten{i}", url: i < downs ? "http://127.0.0.1:9/hook" : null)).ToList();
        await using var fanout = Start(installation, receiver, prefix, destinations);
        // The service is not ready while a destination is down.
        var starting = fanout.StartAsync(Bound);
        if (downs == 0) await starting;
        var started = Stopwatch.GetTimestamp();
        for (var second = 0; second < options.Seconds; second++)
        {
            await FillAsync(installation, prefix, Enumerable.Range(second * SteadyRate, SteadyRate).Select(Event));
            var due = TimeSpan.FromSeconds(second + 1) - Stopwatch.GetElapsedTime(started);
            if (due > TimeSpan.Zero) await Task.Delay(due);
        }
        var up = Enumerable.Range(downs, 10 - downs).Select(i => receiver[$"ten{i}"]).ToList();
        var count = options.Seconds * SteadyRate;
        await ServiceProcess.WaitAsync("the other destinations are through", () => Task.FromResult(up.All(received => received.Count >= count)), Bound);
        var p99 = up.Max(destination => destination.Percentile99);
        Console.WriteLine($"ten destinations, {downs} down: p99 {p99.TotalMilliseconds:0} ms");
        return p99.TotalSeconds;
    }

    private static ServiceProcess Start(Installation installation, Receiver receiver, string prefix, IReadOnlyList<(string Id, string Yaml)> destinations)
    {
        var folder = installation.CreateFolder($"{prefix}destinations");
        foreach (var (id, yaml) in destinations)
            File.WriteAllText(Path.Combine(folder, $"{id}.yaml"), yaml.Replace("URL", receiver.Url, StringComparison.Ordinal));
        return installation.Service("Fanout", $"--Destinations={folder} --Kafka:TopicPrefix={prefix}");
    }

    private static async Task FillAsync(Installation installation, string prefix, IEnumerable<IdentifiedEvent> events)
    {
        var kafka = installation.Kafka with { TopicPrefix = prefix };
        await TopicAdmin.EnsureAsync(kafka, [Topics.EventsIdentified]);
        using var fill = new TopicFill(kafka);
        fill.Fill(Topics.EventsIdentified, events.Select(e => ((string?)e.profileId, (ISpecificRecord)e)));
    }

    private static IdentifiedEvent Event(int i) => Event(i, $"profile-{i % Profiles}");

    private static IdentifiedEvent Event(int i, string profile)
    {
        var validated = BenchEvents.Validated($"m{i}", $"user-{profile}", null, 400);
        validated.envelope.@event = $"Event {i % Names}";
        return new IdentifiedEvent
        {
            profileId = profile,
            validated = validated,
            identifiers = [BenchEvents.User($"user-{profile}")],
            origin = new RecordPosition { topic = "events.validated", partition = 0, offset = i },
        };
    }
}
