using System.Diagnostics;

namespace Cdp.Benchmarks;

/// <summary>What became of one request. Times as <see cref="Stopwatch"/> counts them.</summary>
/// <param name="First">The number of its first event.</param>
/// <param name="Due">When it was to be sent; in a load without a rate, when it was.</param>
internal readonly record struct Answer(long First, long Due, long Answered, int Status);

/// <summary>What became of a load's requests.</summary>
internal sealed record LoadResult(int EventsPerRequest, TimeSpan Time, IReadOnlyList<Answer> Answers)
{
    public long Accepted => Answers.Count(answer => answer.Status == 200);
    public double RequestsPerSecond => Accepted / Time.TotalSeconds;
    public double EventsPerSecond => RequestsPerSecond * EventsPerRequest;

    /// <summary>From when requests were due to when they were answered: what waited for a late one counts as late too.</summary>
    public TimeSpan Latency(double quantile)
    {
        var sorted = Answers.Select(answer => answer.Answered - answer.Due).Order().ToArray();
        return Stopwatch.GetElapsedTime(0, sorted[(int)((sorted.Length - 1) * quantile)]);
    }
}

/// <summary>Sends one request over and over, its events numbered on. Each connection has a thread that blocks: nothing is cheaper in CPU.</summary>
internal sealed class Load(Uri server)
{
    private long _numbered;

    /// <summary>How many events have been numbered so far.</summary>
    public long Numbered => Interlocked.Read(ref _numbered);

    /// <summary>Numbers so many events.</summary>
    /// <returns>The first one's number.</returns>
    public long Number(int events) => Interlocked.Add(ref _numbered, events) - events;

    /// <summary>As much as the connections get through, each with one request at a time.</summary>
    public LoadResult Peak(RequestTemplate request, int connections, TimeSpan time) => Run(request, connections, time, rate: null);

    /// <summary>So many requests a second, whether they are answered in time or not, evenly over the connections.</summary>
    public LoadResult Steady(RequestTemplate request, int connections, TimeSpan time, double rate) => Run(request, connections, time, rate);

    private LoadResult Run(RequestTemplate request, int connections, TimeSpan time, double? rate)
    {
        var answers = new List<Answer>[connections];
        var failures = new Exception?[connections];
        var started = Stopwatch.GetTimestamp();
        var threads = Enumerable.Range(0, connections).Select(index => new Thread(() =>
        {
            try
            {
                answers[index] = Send(request.Copy(), started, started + Ticks(time.TotalSeconds), Ticks(index / rate ?? 0), Ticks(connections / rate ?? 0));
            }
            catch (Exception e)
            {
                failures[index] = e;
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        var took = Stopwatch.GetElapsedTime(started);
        if (failures.FirstOrDefault(failure => failure is not null) is { } first) throw new InvalidOperationException($"a load of {server} broke off: {first.Message}", first);
        return new LoadResult(request.Events, took, [.. answers.SelectMany(answer => answer)]);
    }

    private List<Answer> Send(RequestTemplate request, long started, long end, long offset, long pace)
    {
        using var connection = new HttpConnection(server);
        var answers = new List<Answer>();
        for (var next = started + offset; ; next += pace)
        {
            var due = pace == 0 ? Stopwatch.GetTimestamp() : next;
            if (due >= end) return answers;
            // To the millisecond; what it sleeps too long counts as latency.
            for (var early = due - Stopwatch.GetTimestamp(); early > 0; early = due - Stopwatch.GetTimestamp()) Thread.Sleep(Math.Max(1, (int)Stopwatch.GetElapsedTime(0, early).TotalMilliseconds));
            var first = Number(request.Events);
            var status = connection.Exchange(request.Numbered(first));
            answers.Add(new Answer(first, due, Stopwatch.GetTimestamp(), status));
        }
    }

    private static long Ticks(double seconds) => (long)(seconds * Stopwatch.Frequency);
}
