using System.Diagnostics;
using System.Net.Sockets;

namespace Cdp.Ingestion.Tests.Hardening.Fuzzing;

/// <summary>Sends generated requests over many connections, and checks each answer.</summary>
internal sealed class FuzzSender(int port, FuzzGenerator generator, Action<FuzzRequest, string> report)
{
    private const int Workers = 48;
    private const int MaxFaults = 20;
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(20);

    private FuzzOutcome[] _outcomes = [];
    private int _next;
    private int _faults;

    /// <summary>The longest time that a pipeline of requests has taken to be answered.</summary>
    public TimeSpan Slowest { get; private set; }

    /// <summary>Sends this many requests. After too many faults the rest are not sent, and their outcomes remain unknown.</summary>
    public async Task<FuzzOutcome[]> SendAsync(int first, int count)
    {
        _outcomes = new FuzzOutcome[count];
        _next = 0;
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(() => WorkAsync(first, pipelined: worker % 3 == 0 ? 4 : 1))));
        for (var i = 0; i < count; i++) _outcomes[i] ??= new FuzzOutcome(FuzzKind.Broken) { IsOpen = true };
        return _outcomes;
    }

    private async Task WorkAsync(int first, int pipelined)
    {
        RawConnection? connection = null;
        while (true)
        {
            var start = Interlocked.Add(ref _next, pipelined) - pipelined;
            if (start >= _outcomes.Length || _faults > MaxFaults) break;
            var open = new List<FuzzRequest>();
            for (var i = start; i < Math.Min(start + pipelined, _outcomes.Length); i++)
            {
                var request = generator.Make(first + i);
                _outcomes[i] = new FuzzOutcome(request.Kind) { MaySuppress = request.MaySuppress, Collects = request.Collects };
                if (request.Ending == Ending.Open) open.Add(request);
                else await SendAloneAsync(request, _outcomes[i]);
            }
            if (open.Count == 0) continue;
            connection ??= await RawConnection.OpenAsync(port);
            if (await ExchangeAsync(connection, open, first)) continue;
            connection.Dispose();
            connection = null;
        }
        connection?.Dispose();
    }

    /// <summary>Sends all requests at once, as pipelining clients do, and then reads as many answers.</summary>
    /// <returns>Whether the connection can be used again.</returns>
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
                // A later request of the pipeline was malformed: the service ended the connection, and the reset discarded the rest of a long answer.
                closed = true;
                continue;
            }
            catch (Exception e) when (IsBadAnswer(e))
            {
                Report(request, $"was not answered correctly after {watch.Elapsed}: {e.Message}");
                closed = true;
                continue;
            }
            if (answer is null)
            {
                // The service resets the connection when it does not read the rest of a large body, and the reset may discard the answer.
                if (!lastCloses && request.Pieces.Sum(piece => piece.Length) < 100_000) Report(request, "was not answered: the connection ended");
                closed = true;
                continue;
            }
            outcome.IsOpen = false;
            if (FuzzAnswers.Record(answer, request, outcome) is { } fault) Report(request, fault);
            lastCloses = answer.Closes;
        }
        if (watch.Elapsed > Slowest) Slowest = watch.Elapsed;
        await sending;
        return !closed && !lastCloses;
    }

    /// <summary>Sends a request that ends its connection.</summary>
    private async Task SendAloneAsync(FuzzRequest request, FuzzOutcome outcome)
    {
        using var bound = new CancellationTokenSource(AnswerWithin);
        using var connection = await RawConnection.OpenAsync(port, bound.Token);
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
            // The server treats a half-closed connection as a disconnect, so the test closes its half only after no answer has come for a while.
            using var pause = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
            while (await ReadAsync(connection, pause.Token, bound.Token) is { } answer)
            {
                if (FuzzAnswers.Record(answer, request, outcome) is { } fault) Report(request, fault);
            }
        }
        catch (Exception e) when (IsBadAnswer(e))
        {
            Report(request, $"was not answered correctly: {e.Message}");
        }
        if (outcome.Status == 0) outcome.IsOpen = true;
    }

    private static async Task<RawAnswer?> ReadAsync(RawConnection connection, CancellationToken pause, CancellationToken bound)
    {
        try
        {
            if (!pause.IsCancellationRequested) return await connection.ReadAsync(pause);
        }
        catch (OperationCanceledException)
        {
            // The pause is over.
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
            // The service has ended the connection, or does not read. Its answers show whether that was correct.
        }
    }

    private static bool IsBadAnswer(Exception e) => e is OperationCanceledException or EndOfStreamException or InvalidDataException or FormatException;

    private void Report(FuzzRequest request, string fault)
    {
        Interlocked.Increment(ref _faults);
        report(request, fault);
    }
}
