using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Cdp.Ingestion.Tests.Hardening;

/// <summary>
/// Generated and mutated requests against the whole service. CDP_FUZZ_REQUESTS sets how many there are, CDP_FUZZ_SEED which ones, CDP_FUZZ_FIRST where
/// they begin: a failure names all three.
/// </summary>
public sealed class FuzzTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    private const int Workers = 48;
    private const int Round = 50_000;
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(20);

    private static readonly int Requests = Setting("CDP_FUZZ_REQUESTS", 200_000);
    private static readonly int Seed = Setting("CDP_FUZZ_SEED", 505);
    private static readonly int First = Setting("CDP_FUZZ_FIRST", 0);

    private readonly FuzzGenerator _generator = new(Seed);
    private readonly ConcurrentQueue<string> _faults = new();
    private readonly SortedDictionary<int, int> _statuses = [];
    private FuzzOutcome[] _outcomes = [];
    private TimeSpan _slowest;
    private bool _isAnyUnavailable;
    private int _next;

    [Fact]
    public async Task Requests_OfEveryKind_NeverHurtTheServiceAndAreAccountedFor()
    {
        kafka.Host.WriteSource("web", "web", "type: web\norigins: https://shop.example");
        kafka.Host.WriteSource("hook", "hook", "type: webhook\nwebhook:\n  verify:\n    scheme: none\nmapping:\n  preset: github");
        kafka.Host.WriteSource("slow", "slow", "type: server\nlimits:\n  events_per_second: 1");
        await kafka.Host.UntilAsync(System.Net.HttpStatusCode.NotFound, () => kafka.Host.PostAsync("/v1/track", "{}", "hook"));
        using var tail = new TopicTail(kafka.Options);
        tail.Read((_, _) => { }, (_, _) => { });

        for (var first = First; first < First + Requests && _faults.IsEmpty; first += Round) await RunAsync(first, Math.Min(Round, First + Requests - first), tail);

        foreach (var error in kafka.Host.Log.Errors) _faults.Enqueue($"logged: {error}");
        var summary = $"{Requests} requests of seed {Seed}: {string.Join(", ", _statuses.Select(status => $"{status.Value} × {(status.Key == 0 ? "no answer" : status.Key)}"))}; the slowest answer took {_slowest.TotalMilliseconds:F0} ms";
        TestContext.Current.TestOutputHelper?.WriteLine(summary);
        Assert.True(_faults.IsEmpty, $"{summary}\n{string.Join("\n", _faults.Take(10))}");
        // An answer that never comes would mean that the fuzzer has lost sight of what it is to try.
        int[] expected = [200, 204, 400, 401, 403, 404, 405, 413, 415, 429];
        if (Requests >= 20_000) Assert.Empty(expected.Except(_statuses.Keys));
        Assert.True(_statuses[200] > Requests / 3, summary);
        Assert.False(_isAnyUnavailable, summary);
    }

    private async Task RunAsync(int first, int count, TopicTail tail)
    {
        _outcomes = new FuzzOutcome[count];
        _next = 0;
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(() => WorkAsync(first, depth: worker % 3 == 0 ? 4 : 1))));
        foreach (var status in _outcomes.CountBy(outcome => outcome.Status)) _statuses[status.Key] = _statuses.GetValueOrDefault(status.Key) + status.Value;

        // Imports have a bound of their own, which as many at once do meet.
        _isAnyUnavailable |= _outcomes.Any(outcome => outcome is { Status: 503, Collects: true });

        var strays = 0;
        tail.Read(
            (trace, e) =>
            {
                if (Find(trace, e.envelope.messageId, first) is { } outcome) outcome.Collected.Add(e.envelope.messageId);
                else strays++;
            },
            (trace, e) =>
            {
                if (Find(trace, e.messageId, first) is { } outcome) outcome.Quarantined++;
                else strays++;
            });
        for (var i = 0; i < count; i++)
        {
            if (_outcomes[i].Fault() is { } fault) Report(_generator.Make(first + i), fault);
        }
        // Where the trace itself was spoilt, records cannot be told apart; there must be enough of them.
        var missing = _outcomes.Where(outcome => outcome.Kind == FuzzKind.Broken).Sum(outcome => Math.Max(0, outcome.Accepted - outcome.MaySuppress - outcome.Collected.Count));
        if (missing > strays) _faults.Enqueue($"seed {Seed}, from {first}: {missing} events that broken requests were acknowledged are missing, and only {strays} records are of nobody else's");
    }

    private FuzzOutcome? Find(string trace, string? messageId, int first)
    {
        if (trace.Length == 32 && int.TryParse(trace.AsSpan(7, 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var traced) && _generator.TraceOf(traced) == trace) return At(traced);
        if (messageId is not ['m', .. var rest] || rest.Split('-') is not [var number, _] || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var named)) return null;
        // What is not broken carries its trace, so this is a broken one whose spoilt messageId is by chance that of another.
        return At(named) is { } outcome && (outcome.Kind == FuzzKind.Broken || !outcome.Collects) ? outcome : null;

        FuzzOutcome? At(int index) => index >= first && index < first + _outcomes.Length ? _outcomes[index - first] : null;
    }

    private async Task WorkAsync(int first, int depth)
    {
        RawConnection? connection = null;
        while (true)
        {
            var start = Interlocked.Add(ref _next, depth) - depth;
            if (start >= _outcomes.Length || _faults.Count > 20) break;
            var open = new List<FuzzRequest>();
            for (var i = start; i < Math.Min(start + depth, _outcomes.Length); i++)
            {
                var request = _generator.Make(first + i);
                _outcomes[i] = new FuzzOutcome(request.Kind) { MaySuppress = request.MaySuppress, Collects = request.Collects };
                if (request.Ending == Ending.Open) open.Add(request);
                else await BreakAsync(request, _outcomes[i]);
            }
            if (open.Count == 0) continue;
            connection ??= await RawConnection.OpenAsync(kafka.Host.Port);
            if (await ExchangeAsync(connection, open, first)) continue;
            connection.Dispose();
            connection = null;
        }
        connection?.Dispose();
        // What a fault left untried.
        for (var i = 0; i < _outcomes.Length && !_faults.IsEmpty; i++) _outcomes[i] ??= new FuzzOutcome(FuzzKind.Broken) { IsOpen = true };
    }

    // All at once, as pipelining clients do; then as many answers. False: the connection has ended.
    private async Task<bool> ExchangeAsync(RawConnection connection, List<FuzzRequest> requests, int first)
    {
        var watch = Stopwatch.StartNew();
        using var bound = new CancellationTokenSource(AnswerWithin);
        var sending = SendAsync(connection, requests.SelectMany(request => request.Pieces), bound.Token);
        var (closed, lastCloses) = (false, false);
        foreach (var request in requests)
        {
            var outcome = _outcomes[request.Index - first];
            outcome.IsOpen = true;
            if (closed) continue;
            RawAnswer? answer;
            try
            {
                answer = await connection.ReadAsync(bound.Token);
            }
            catch (EndOfStreamException) when (requests.SkipWhile(other => other != request).Skip(1).Any(next => next.Kind != FuzzKind.Valid))
            {
                // A later request of the pipeline was none: the service ended the connection, and the reset took the rest of a long answer along.
                closed = true;
                continue;
            }
            catch (Exception e) when (e is OperationCanceledException or EndOfStreamException or InvalidDataException or FormatException)
            {
                Report(request, $"was not answered well after {watch.Elapsed}: {e.Message}");
                closed = true;
                continue;
            }
            if (answer is null)
            {
                // The rest of a large body that is not read any more resets the connection, and may take the answer along.
                if (!lastCloses && request.Pieces.Sum(piece => piece.Length) < 100_000) Report(request, "was not answered: the connection ended");
                closed = true;
                continue;
            }
            outcome.IsOpen = false;
            if (FuzzAnswers.Book(answer, request, outcome) is { } fault) Report(request, fault);
            lastCloses = answer.Closes;
        }
        if (watch.Elapsed > _slowest) _slowest = watch.Elapsed;
        await sending;
        return !closed && !lastCloses;
    }

    private async Task BreakAsync(FuzzRequest request, FuzzOutcome outcome)
    {
        using var bound = new CancellationTokenSource(AnswerWithin);
        using var connection = await RawConnection.OpenAsync(kafka.Host.Port, bound.Token);
        var sending = SendAsync(connection, request.Pieces, bound.Token);
        if (request.Ending == Ending.Aborted)
        {
            outcome.IsOpen = true;
            await sending;
            return;
        }
        try
        {
            await sending;
            // The server takes the end of the sending for the sender's going, so it comes when there is nothing more to hear.
            using var moment = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
            while (await ReadUntilAsync(connection, moment.Token, bound.Token) is { } answer)
            {
                if (FuzzAnswers.Book(answer, request, outcome) is { } fault) Report(request, fault);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or EndOfStreamException or InvalidDataException or FormatException)
        {
            Report(request, $"was not answered well: {e.Message}");
        }
        if (outcome.Status == 0) outcome.IsOpen = true;
    }

    private static async Task<RawAnswer?> ReadUntilAsync(RawConnection connection, CancellationToken moment, CancellationToken bound)
    {
        try
        {
            if (!moment.IsCancellationRequested) return await connection.ReadAsync(moment);
        }
        catch (OperationCanceledException)
        {
            // Nothing more to hear.
        }
        connection.EndSending();
        return await connection.ReadAsync(bound);
    }

    private static async Task SendAsync(RawConnection connection, IEnumerable<byte[]> pieces, CancellationToken bound)
    {
        try
        {
            foreach (var piece in pieces) await connection.SendAsync(piece, bound);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // The service ended the connection, or reads nothing; its answers tell whether that was right.
        }
    }

    private void Report(FuzzRequest request, string fault) => _faults.Enqueue($"CDP_FUZZ_SEED={Seed} CDP_FUZZ_FIRST={request.Index} CDP_FUZZ_REQUESTS=1: {fault}\n  {request}");

    private static int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
