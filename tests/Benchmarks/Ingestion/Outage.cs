using System.Diagnostics;
using Cdp.Benchmarks.Http;
using Cdp.Benchmarks.Processes;
using Cdp.Benchmarks.Reporting;

namespace Cdp.Benchmarks.Ingestion;

/// <summary>Kills Kafka under load (SIGKILL) and restarts it with the same data. Senders keep their rate throughout and never retry.</summary>
internal sealed class Outage(BrokerProcess broker, ServiceProcess service, HttpLoad load, RequestTemplate single, RequestTemplate batch)
{
    private const int SingleConnections = 64;
    private const int BatchConnections = 8;
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(20);

    /// <param name="time">How long Kafka is down.</param>
    /// <param name="singles">Requests per second with one event each.</param>
    /// <param name="batches">Requests per second with a batch each, at the same time.</param>
    public async Task<IReadOnlyList<LoadResult>> RunAsync(TimeSpan time, double singles, double batches)
    {
        var total = Before + time + After;
        var sending = new[]
        {
            Task.Factory.StartNew(() => load.Steady(single, SingleConnections, total, singles), TaskCreationOptions.LongRunning),
            Task.Factory.StartNew(() => load.Steady(batch, BatchConnections, total, batches), TaskCreationOptions.LongRunning),
        };
        var before = await PeakMiBAsync(Before);
        var stopped = Stopwatch.GetTimestamp();
        broker.Kill();
        var during = await PeakMiBAsync(time);
        broker.Start();
        var started = Stopwatch.GetTimestamp();
        var loads = await Task.WhenAll(sending);
        var after = service.MiB;

        var answers = loads.SelectMany(result => result.Answers).OrderBy(answer => answer.Answered).ToList();
        var firstGood = answers.First(answer => answer.Status == 200 && answer.Due >= started).Answered;
        var settled = answers.Max(answer => answer.Due) - (10 * Stopwatch.Frequency);
        var lastBad = answers.Last(answer => answer.Status != 200).Answered;
        Table.Print([$"Kafka down for {time.TotalSeconds:0} s", "single events", "batches"],
        [
            Row("requests", result => $"{result.Answers.Count:N0}"),
            Row("  200", result => $"{result.Accepted:N0}"),
            Row("  503", result => $"{result.Answers.Count(answer => answer.Status == 503):N0}"),
            Row("  other", result => $"{result.Answers.Count(answer => answer.Status is not (200 or 503)):N0}"),
            Row("200s/s in the last ten seconds, share of the rate", result => $"{PerSecond(result) / (result.EventsPerRequest == 1 ? singles : batches):P0}"),
            Row("longest wait for an answer", result => $"{result.Answers.Max(answer => Seconds(answer.Due, answer.Answered)):0.0} s"),
        ]);
        Table.Print(["", "before", "during", "after"], [["peak resident memory of the service", $"{before:0} MiB", $"{during:0} MiB", $"{after:0} MiB"]]);
        var first503 = answers.First(answer => answer.Status == 503).Answered;
        Console.WriteLine($"first 503 {Seconds(stopped, first503):0.0} s after Kafka was killed");
        Console.WriteLine($"after its restart: first 200 {Seconds(started, firstGood):0.0} s, last 503 {Seconds(started, lastBad):0.0} s\n");
        return loads;

        double PerSecond(LoadResult result) => result.Answers.Count(answer => answer.Status == 200 && answer.Due > settled) / 10.0;

        string[] Row(string what, Func<LoadResult, string> cell) => [what, .. loads.Select(cell)];
    }

    private async Task<double> PeakMiBAsync(TimeSpan time)
    {
        var most = 0.0;
        for (var since = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(since) < time; await Task.Delay(100)) most = Math.Max(most, service.MiB);
        return most;
    }

    private static double Seconds(long from, long to) => (to - from) / (double)Stopwatch.Frequency;
}
