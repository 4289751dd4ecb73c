using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using cdp;
using Cdp.Contracts;
using Cdp.Streaming.Clients;
using StackExchange.Redis;

namespace Cdp.Benchmarks.Pipeline;

/// <summary>Measures the time from sending an event until its profile is readable in Redis, at a steady 1,000 events per second.</summary>
internal static class Latency
{
    private const int Rate = 1_000;
    private const int ProbeEvery = 20;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    /// <summary>Sends one event per request. Each twentieth belongs to a new user, whose profile is polled until it exists.</summary>
    public static async Task<string[]> MeasureAsync(KafkaOptions kafka, string redis, string profileIdKey, Uri ingestion, string writeKey, int seconds)
    {
        using var connection = await ConnectionMultiplexer.ConnectAsync(redis);
        using var sender = new Sender(ingestion, writeKey, 64);
        var (ids, keys, database) = (new ProfileIds(profileIdKey), new HotStateKeys(kafka.TopicPrefix), connection.GetDatabase());
        var (latencies, sending) = (new ConcurrentBag<double>(), new List<Task>());
        var (started, sent) = (Stopwatch.GetTimestamp(), 0);
        while (sent < Rate * seconds)
        {
            var due = Math.Min(Rate * seconds, (int)(Stopwatch.GetElapsedTime(started).TotalSeconds * Rate));
            for (; sent < due; sent++) sending.Add(sent % ProbeEvery == 0 ? ProbeAsync(sent) : SendAsync($"steady-{sent % 1_000}", sent));
            await Task.Delay(Tick);
        }
        await Task.WhenAll(sending);
        var sorted = latencies.Order().ToArray();
        return [$"{sorted.Length:N0} of {sent:N0} events polled", Quantile(0.5), Quantile(0.99), Quantile(0.999)];

        async Task ProbeAsync(int i)
        {
            var (user, since) = ($"probe-{i}", Stopwatch.GetTimestamp());
            var id = ids.Implied(new Identifier { type = "user_id", value = user });
            var key = keys.Profile(Contracts.Partitioner.Partition(id, kafka.Partitions), id);
            await SendAsync(user, i);
            while (!await database.KeyExistsAsync(key))
            {
                if (Stopwatch.GetElapsedTime(since) > TimeSpan.FromSeconds(30)) throw new TimeoutException($"the profile of {user} did not exist after 30 s");
                await Task.Delay(1);
            }
            latencies.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
        }

        Task SendAsync(string user, int i)
        {
            var json = $$$"""{"userId":"{{{user}}}","event":"Steady","messageId":"steady-{{{i}}}","properties":{"note":"{{{new string('x', 280)}}}"}}""";
            return sender.SendAsync("/v1/track", Encoding.UTF8.GetBytes(json));
        }

        string Quantile(double q) => string.Create(CultureInfo.InvariantCulture, $"{sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * q))]:0} ms");
    }
}
