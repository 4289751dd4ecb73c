using System.Collections.Concurrent;
using System.Globalization;
using cdp;
using Cdp.Contracts;
using Xunit;

namespace Cdp.Ingestion.Tests.Hardening.Fuzzing;

/// <summary>
/// Sends generated and mutated requests to the whole service, and compares the answers with what is in the topics. CDP_FUZZ_REQUESTS sets how many
/// requests are sent, CDP_FUZZ_SEED which ones, and CDP_FUZZ_FIRST the index of the first. A failure names all three.
/// </summary>
[Trait("tier", "integration")]
public sealed class FuzzTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    private const int RequestsPerRound = 50_000;

    private static readonly int Requests = Setting("CDP_FUZZ_REQUESTS", 200_000);
    private static readonly int Seed = Setting("CDP_FUZZ_SEED", 505);
    private static readonly int First = Setting("CDP_FUZZ_FIRST", 0);

    private readonly FuzzGenerator _generator = new(Seed);
    private readonly ConcurrentQueue<string> _faults = new();
    private readonly SortedDictionary<int, int> _statuses = [];
    private bool _isAnyUnavailable;

    [Fact]
    public async Task AnyRequest_GeneratedOrMutated_IsAnsweredAndAccountedFor()
    {
        kafka.Host.WriteSource("web", "web", "type: web\norigins: https://shop.example");
        kafka.Host.WriteSource("slow", "slow", "type: server\nlimits:\n  events_per_second: 1");
        // Sources are read together, so all of them are known when the last one is.
        await kafka.Host.AddSourceAsync("hook", "hook", "type: webhook\nwebhook:\n  verify:\n    scheme: none\nmapping:\n  preset: github");
        using var topics = new TopicReader(kafka.Options, Topics.EventsCollected, Topics.EventsQuarantined);
        foreach (var _ in topics.ReadNew()) { }
        var sender = new FuzzSender(kafka.Host.Port, _generator, Report);

        for (var first = First; first < First + Requests && _faults.IsEmpty; first += RequestsPerRound)
        {
            var outcomes = await sender.SendAsync(first, Math.Min(RequestsPerRound, First + Requests - first));
            foreach (var (status, count) in outcomes.CountBy(outcome => outcome.Status)) _statuses[status] = _statuses.GetValueOrDefault(status) + count;
            // Uploads are excluded: they have their own limit, which this number of concurrent uploads reaches.
            _isAnyUnavailable |= outcomes.Any(outcome => outcome is { Status: 503, Collects: true });
            Compare(outcomes, first, topics);
        }

        foreach (var error in kafka.Host.Log.Errors) _faults.Enqueue($"logged: {error}");
        var summary =
            $"{Requests} requests of seed {Seed}: "
            + $"{string.Join(", ", _statuses.Select(status => $"{status.Value} × {(status.Key == 0 ? "no answer" : status.Key)}"))}; "
            + $"the slowest answer took {sender.Slowest.TotalMilliseconds:F0} ms";
        TestContext.Current.TestOutputHelper?.WriteLine(summary);
        Assert.True(_faults.IsEmpty, $"{summary}\n{string.Join("\n", _faults.Take(10))}");
        // A status that never occurs would mean that the generator no longer produces the requests for it.
        int[] expected = [200, 204, 400, 401, 403, 404, 405, 413, 415, 429];
        if (Requests >= 20_000) Assert.Empty(expected.Except(_statuses.Keys));
        Assert.True(_statuses[200] > Requests / 3, summary);
        Assert.False(_isAnyUnavailable, summary);
    }

    /// <summary>Assigns the new records to their requests, and reports each request whose records contradict its answer.</summary>
    private void Compare(FuzzOutcome[] outcomes, int first, TopicReader topics)
    {
        var unassigned = 0;
        foreach (var record in topics.ReadNew())
        {
            var collected = (record.Value as CollectedEvent)?.envelope.messageId;
            var outcome = FindOutcome(record.TraceId, collected ?? (record.Value as QuarantinedEvent)?.messageId, first, outcomes);
            if (outcome is null) unassigned++;
            else if (collected is not null) outcome.Collected.Add(collected);
            else outcome.Quarantined++;
        }
        foreach (var (i, outcome) in outcomes.Index())
        {
            if (outcome.FindContradiction() is { } fault) Report(_generator.Make(first + i), fault);
        }
        // Records whose trace was mutated cannot be assigned to their request. There must be at least as many of them as expected.
        var missing = outcomes.Where(outcome => outcome.Kind == FuzzKind.Broken)
            .Sum(outcome => Math.Max(0, outcome.Accepted - outcome.MaySuppress - outcome.Collected.Count));
        if (missing > unassigned)
        {
            _faults.Enqueue(
                $"seed {Seed}, from {first}: {missing} acknowledged events of broken requests are missing; only {unassigned} records are unassigned");
        }
    }

    private FuzzOutcome? FindOutcome(string traceId, string? messageId, int first, FuzzOutcome[] outcomes)
    {
        if (traceId.Length == 32
            && int.TryParse(traceId.AsSpan(7, 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var traced)
            && _generator.TraceOf(traced) == traceId)
        {
            return At(traced);
        }
        if (messageId is not ['m', .. var rest]
            || rest.Split('-') is not [var number, _]
            || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var named))
        {
            return null;
        }
        // Requests that are not broken carry their trace. So this record belongs to a broken request, and its mutated messageId may be another request's by
        // chance.
        return At(named) is { } outcome && (outcome.Kind == FuzzKind.Broken || !outcome.Collects) ? outcome : null;

        FuzzOutcome? At(int index) => index >= first && index < first + outcomes.Length ? outcomes[index - first] : null;
    }

    private void Report(FuzzRequest request, string fault) =>
        _faults.Enqueue($"CDP_FUZZ_SEED={Seed} CDP_FUZZ_FIRST={request.Index} CDP_FUZZ_REQUESTS=1: {fault}\n  {request}");

    private static int Setting(string name, int fallback) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : fallback;
}
