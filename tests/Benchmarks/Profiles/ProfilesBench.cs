using System.Diagnostics;
using System.Globalization;
using Avro.Specific;
using cdp;
using Cdp.Benchmarks.Http;
using Cdp.Benchmarks.Measuring;
using Cdp.Benchmarks.Processes;
using Cdp.Benchmarks.Reporting;
using Cdp.Contracts;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Reading;
using Cdp.Streaming.Schemas;

namespace Cdp.Benchmarks.Profiles;

/// <summary>
/// Folding against a bare transactional copy of the same records, with few profiles and with many; restoring Redis from the log; and the profile API under a
/// steady load. In both cases the same number of profiles get events, spread over all profiles, so the states have the same size and only the number of other
/// profiles differs.
/// </summary>
internal sealed class ProfilesBench(ProfilesBenchOptions options) : IAsyncDisposable
{
    private static readonly TimeSpan RestoreBound = TimeSpan.FromMinutes(20);

    private readonly Installation _installation = new();
    private readonly ProfileIds _ids = new(Installation.ProfileIdKey);
    private readonly List<string[]> _rows = [];
    private ServiceProcess _profiles = null!;
    private TopicFill _fill = null!;
    private BareClient _bare = null!;
    private int _stored;
    private int _folded;

    /// <returns>Whether every count is correct.</returns>
    public static async Task<bool> RunAsync(ProfilesBenchOptions options)
    {
        await using var bench = new ProfilesBench(options);
        return await bench.RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _fill?.Dispose();
        await _installation.DisposeAsync();
    }

    private async Task<bool> RunAsync()
    {
        Console.WriteLine(
            $"{options.Few:N0}, then {options.Many:N0} profiles, {options.Rounds} rounds of {options.Events:N0} events of {options.Bytes} bytes each");
        Console.WriteLine($"{Environment.ProcessorCount} cores, load average before {ProcessUsage.LoadAverage}\n");
        await _installation.Infra.StartAsync();
        (_profiles, _fill, _bare) = (_installation.Service("Profiles"), new TopicFill(_installation.Kafka), new BareClient(_installation.Kafka, "profiles"));
        await _bare.CreateTopicsAsync();
        // The service creates its topics.
        await _profiles.StartAsync();

        await GrowAsync(options.Few);
        var few = await FoldAsync(stride: 1, first: 0);
        var peakOfFew = _profiles.PeakMiB;
        await GrowAsync(options.Many);
        var many = await FoldAsync(stride: Math.Max(1, (options.Many - options.Few) / options.Few), first: options.Few);
        var (before, requests) = (_profiles.MiB, Ask());
        Table.Print(ConsumingRounds.Head, [few.Row(), many.Row()]);

        var (cost, time) = (many.Cpu / few.Cpu - 1, few.PerSecond / many.PerSecond - 1);
        var p99 = requests.Latency(0.99).TotalMilliseconds;
        Add($"CPU per event with {options.Many:N0} profiles compared with {options.Few:N0}", $"{cost:+0%;-0%}", "≤ +10%", cost <= 0.1);
        Add("  time per event", $"{time:+0%;-0%}", "≤ +10%", time <= 0.1);
        var (p50, p999) = (requests.Latency(0.5).TotalMilliseconds, requests.Latency(0.999).TotalMilliseconds);
        Add(
            $"GET /v1/profiles at {options.Rate:N0} requests/s over {options.Many:N0}: answered/s, p50, p99.9",
            string.Create(CultureInfo.InvariantCulture, $"{requests.RequestsPerSecond:N0}, {p50:0.0} ms, {p999:0.0} ms"));
        Add("  p99", string.Create(CultureInfo.InvariantCulture, $"{p99:0.0} ms"), "≤ 10 ms", p99 <= 10);
        Add("peak memory of profiles, MiB", $"{_profiles.PeakMiB:N0}", "≤ 200", _profiles.PeakMiB <= 200);
        Add($"  with {options.Few:N0}; before and after the requests", $"{peakOfFew:N0}; {before:N0}, {_profiles.MiB:N0}");
        Table.Print(["profiles", "measured", "budget"], _rows);
        return await CountAsync();
    }

    private void Add(string what, string measured) => _rows.Add([what, measured, ""]);

    private void Add(string what, string measured, string budget, bool isMet) => _rows.Add([what, measured, ConsumingRounds.Verdict(budget, isMet)]);

    /// <summary>Writes profiles to the log while the service is down, then lets it restore Redis from the log.</summary>
    private async Task GrowAsync(int to)
    {
        _profiles.Kill();
        _fill.Fill(Topics.Profiles, Enumerable.Range(_stored, to - _stored).Select(Stored));
        var started = Stopwatch.GetTimestamp();
        await _profiles.StartAsync(RestoreBound);
        Add($"restoring {to - _stored:N0} profiles from the log, profiles/s", $"{(to - _stored) / Stopwatch.GetElapsedTime(started).TotalSeconds:N0}");
        _stored = to;
    }

    private async Task<ConsumingRounds> FoldAsync(int stride, int first)
    {
        var drain = new Drain(_installation, _profiles, "profiles", Topics.EventsIdentified);
        var rounds = new List<(double, Drained)>();
        for (var round = 0; round < options.Rounds; round++)
        {
            _profiles.Kill();
            _fill.Fill(Topics.EventsIdentified, Enumerable.Range(0, options.Events).Select(i => Event($"{_folded + i}", first + i % options.Few * stride)));
            _folded += options.Events;
            var bare = _bare.Copy(_installation.Kafka.TopicPrefix + Topics.EventsIdentified.Name, options.Events);
            rounds.Add((bare, await drain.MeasureAsync(options.Events)));
        }
        return new ConsumingRounds($"profiles, {_stored:N0} of them", rounds);
    }

    private LoadResult Ask()
    {
        var requests = new ProfileRequests(_profiles.Address, options.Many);
        requests.Run(options.Rate, TimeSpan.FromSeconds(3));
        return requests.Run(options.Rate, TimeSpan.FromSeconds(options.Seconds));
    }

    /// <summary>A profile with one event older than all others.</summary>
    private (string?, ISpecificRecord) Stored(int i)
    {
        var (id, seen) = (Id(i), DateTime.UnixEpoch.AddYears(50));
        var partition = Contracts.Partitioner.Partition(id, _installation.Kafka.Partitions);
        var position = new RecordPosition { topic = _installation.Kafka.TopicPrefix + Topics.EventsIdentified.Name, partition = partition, offset = 0 };
        return (id, new Profile
        {
            profileId = id,
            identifiers = [BenchEvents.User($"u{i}")],
            traits = new Dictionary<string, Trait>
            {
                ["email"] = new() { value = $"\"u{i}@example.com\"", timestamp = seen, messageId = $"stored-{i}", position = position },
                ["plan"] = new() { value = "\"pro\"", timestamp = seen, messageId = $"stored-{i}", position = position },
            },
            counts = new Dictionary<string, EventCount> { ["$identify"] = new() { count = 1, first = seen, last = seen } },
            firstSeen = seen,
            lastSeen = seen,
            absorbed = [],
            reflects = [position],
            since = [position],
            total = 1,
        });
    }

    private (string?, ISpecificRecord) Event(string messageId, int user)
    {
        var id = Id(user);
        return (id, new IdentifiedEvent
        {
            profileId = id,
            validated = BenchEvents.Validated(messageId, $"u{user}", null, options.Bytes),
            identifiers = [BenchEvents.User($"u{user}")],
            origin = new RecordPosition { topic = _installation.Kafka.TopicPrefix + Topics.EventsValidated.Name, partition = 0, offset = 0 },
        });
    }

    private string Id(int user) => _ids.Implied(BenchEvents.User($"u{user}"));

    /// <summary>Checks that every profile exists and every event counts once.</summary>
    private async Task<bool> CountAsync()
    {
        using var registry = _installation.Kafka.Registry();
        var codec = new AvroCodec(registry, _installation.Kafka.TopicPrefix);
        var counts = new Dictionary<string, long>();
        for (var partition = 0; partition < _installation.Kafka.Partitions; partition++)
        {
            await Changelog.ReadAsync(_installation.Kafka, codec, Topics.Profiles, partition, 0, changes =>
            {
                foreach (var change in changes) counts[change.Key!] = ((Profile)change.Value!).counts.Values.Sum(count => count.count);
                return Task.CompletedTask;
            }, CancellationToken.None);
        }
        (string What, long Count, long Expected)[] ledger =
            [("profiles", counts.Count, options.Many), ("events folded", counts.Values.Sum(), (long)_folded + options.Many)];
        Table.Print(["ledger", "count", "expected"], [.. ledger.Select(line => new[] { line.What, $"{line.Count:N0}", $"{line.Expected:N0}" })]);
        return ledger.All(line => line.Count == line.Expected);
    }
}
