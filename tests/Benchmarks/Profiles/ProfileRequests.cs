using System.Diagnostics;
using System.Text;
using Cdp.Benchmarks.Http;
using Cdp.Benchmarks.Processes;

namespace Cdp.Benchmarks.Profiles;

/// <summary>Requests profiles of random customers at a fixed rate, whether or not the answers come in time.</summary>
internal sealed class ProfileRequests(Uri server, int profiles)
{
    private const int Connections = 32;

    /// <summary>Runs the requests. Latencies count from when a request was due, so that requests delayed by a late one count as late too.</summary>
    /// <exception cref="InvalidDataException">An answer was not 200.</exception>
    public LoadResult Run(int rate, TimeSpan time)
    {
        var (answers, failures, started) = (new List<Answer>[Connections], new Exception?[Connections], Stopwatch.GetTimestamp());
        var threads = Enumerable.Range(0, Connections).Select(index => new Thread(() =>
        {
            try
            {
                answers[index] = Ask(
                    new Random(index), started + Ticks((double)index / rate), Ticks((double)Connections / rate), started + Ticks(time.TotalSeconds));
            }
            catch (Exception e)
            {
                failures[index] = e;
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        if (failures.FirstOrDefault(failure => failure is not null) is { } first)
        {
            throw new InvalidOperationException($"the requests to {server} failed: {first.Message}", first);
        }
        return new LoadResult(1, Stopwatch.GetElapsedTime(started), [.. answers.SelectMany(answer => answer)]);
    }

    private List<Answer> Ask(Random random, long due, long pace, long end)
    {
        using var connection = new HttpConnection(server);
        var answers = new List<Answer>();
        for (; due < end; due += pace)
        {
            HttpLoad.SleepUntil(due);
            var user = random.Next(profiles);
            var request = $"GET /v1/profiles/user_id/u{user} HTTP/1.1\r\nHost: {server.Authority}\r\nAuthorization: Bearer {Installation.ApiToken}\r\n\r\n";
            var status = connection.Exchange(Encoding.ASCII.GetBytes(request));
            if (status != 200) throw new InvalidDataException($"the profile of user u{user} was answered with {status}");
            answers.Add(new Answer(user, due, Stopwatch.GetTimestamp(), status));
        }
        return answers;
    }

    private static long Ticks(double seconds) => (long)(seconds * Stopwatch.Frequency);
}
