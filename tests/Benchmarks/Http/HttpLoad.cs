using System.Diagnostics;

namespace Cdp.Benchmarks.Http;

/// <summary>The result of one request. Times are timestamps of <see cref="Stopwatch"/>.</summary>
/// <param name="First">The number of its first event.</param>
/// <param name="Due">When it was due; in a load without a rate, when it was sent.</param>
/// <param name="Answered">When the answer was complete.</param>
/// <param name="Status">The status of the answer.</param>
internal readonly record struct Answer(long First, long Due, long Answered, int Status);

/// <summary>The results of all requests of a load.</summary>
internal sealed record LoadResult(int EventsPerRequest, TimeSpan Time, IReadOnlyList<Answer> Answers)
{
    public long Accepted => Answers.Count(answer => answer.Status == 200);
    public double RequestsPerSecond => Accepted / Time.TotalSeconds;
    public double EventsPerSecond => RequestsPerSecond * EventsPerRequest;

    /// <summary>The time from when a request was due until it was answered, so that requests delayed by a late one count as late too.</summary>
    public TimeSpan Latency(double quantile)
    {
        var sorted = Answers.Select(answer => answer.Answered - answer.Due).Order().ToArray();
        return Stopwatch.GetElapsedTime(0, sorted[(int)((sorted.Length - 1) * quantile)]);
    }
}

/// <summary>Sends one request repeatedly with new event numbers. Each connection has a blocking thread, which uses the least CPU.</summary>
internal sealed class HttpLoad(Uri server)
{
    private long _numbered;

    /// <summary>The number of events numbered so far.</summary>
    public long Numbered => Interlocked.Read(ref _numbered);

    /// <summary>Reserves numbers for events.</summary>
    /// <returns>The number of the first one.</returns>
    public long Number(int events) => Interlocked.Add(ref _numbered, events) - events;

    /// <summary>As many requests as possible, one at a time per connection.</summary>
    public LoadResult Peak(RequestTemplate request, int connections, TimeSpan time) => Run(request, connections, time, rate: null);

    /// <summary>A fixed number of requests per second, whether or not they are answered in time, spread evenly over the connections.</summary>
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
        if (failures.FirstOrDefault(failure => failure is not null) is { } first)
        {
            throw new InvalidOperationException($"the load on {server} failed: {first.Message}", first);
        }
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
            SleepUntil(due);
            var first = Number(request.Events);
            var status = connection.Exchange(request.Numbered(first));
            answers.Add(new Answer(first, due, Stopwatch.GetTimestamp(), status));
        }
    }

    /// <summary>Sleeps until a timestamp, precise to the millisecond. Oversleeping counts as latency.</summary>
    public static void SleepUntil(long due)
    {
        for (var early = due - Stopwatch.GetTimestamp(); early > 0; early = due - Stopwatch.GetTimestamp())
        {
            Thread.Sleep(Math.Max(1, (int)Stopwatch.GetElapsedTime(0, early).TotalMilliseconds));
        }
    }

    private static long Ticks(double seconds) => (long)(seconds * Stopwatch.Frequency);
}
