using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using Cdp.Chaos.Machines;
using Cdp.Chaos.People;

namespace Cdp.Chaos.Sending;

/// <summary>Sends as an SDK does: in order, and what got no 200 is sent again as it was, to whichever instance answers.</summary>
public sealed class Sender : IDisposable
{
    private const int LargestBatch = 60;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly HttpClient _http = new()
    {
        Timeout = TimeSpan.FromSeconds(15),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{Installation.WriteKey}:"))) },
    };

    private readonly Population _population;
    private readonly IReadOnlyList<Uri> _ingestions;
    private readonly HashSet<int> _acknowledged = [];
    private readonly int _rate;
    private readonly long _started = Stopwatch.GetTimestamp();
    private int _taken;
    private int _again;

    public Sender(Population population, IReadOnlyList<Uri> ingestions, int rate) => (_population, _ingestions, _rate) = (population, ingestions, rate);

    /// <summary>No more than this many are sent for now.</summary>
    public int Allowed { get; set; }

    /// <summary>Entries of the lanes that were acknowledged, repetitions included.</summary>
    public int Done { get; private set; }

    /// <summary>Requests that had to be sent again.</summary>
    public int Again => _again;

    /// <summary>The events of all requests that got a 200.</summary>
    public IReadOnlySet<int> Acknowledged
    {
        get
        {
            lock (_acknowledged) return _acknowledged.ToHashSet();
        }
    }

    /// <summary>Sends a lane from its first to its last.</summary>
    public async Task SendLaneAsync(int lane, int seed, CancellationToken stopping)
    {
        var (order, random) = (_population.Order[lane], new Random(seed + lane));
        for (var next = 0; next < order.Count;)
        {
            var count = Math.Min(random.Next(1, LargestBatch), order.Count - next);
            await AllowanceAsync(count, stopping);
            await SendAsync([.. order.Skip(next).Take(count)], lane, stopping);
            next += count;
        }
    }

    /// <summary>Sends these as one batch until it is acknowledged.</summary>
    public async Task SendAsync(IReadOnlyList<int> events, int lane, CancellationToken stopping)
    {
        var body = Sent.Batch(events.Select(e => _population.Events[e]));
        var since = Stopwatch.GetTimestamp();
        for (var attempt = 0; !await TrySendAsync(body, _ingestions[(lane + attempt) % _ingestions.Count], stopping); attempt++)
        {
            if (Stopwatch.GetElapsedTime(since) > Patience) throw new TimeoutException($"nobody has acknowledged a batch for {Patience.TotalMinutes} minutes");
            Interlocked.Increment(ref _again);
            await Task.Delay(100, stopping);
        }
        lock (_acknowledged)
        {
            _acknowledged.UnionWith(events);
            Done += events.Count;
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task AllowanceAsync(int count, CancellationToken stopping)
    {
        var taken = Interlocked.Add(ref _taken, count);
        while (taken - count > Allowed || taken > _rate * Stopwatch.GetElapsedTime(_started).TotalSeconds + LargestBatch) await Task.Delay(5, stopping);
    }

    private async Task<bool> TrySendAsync(byte[] body, Uri ingestion, CancellationToken stopping)
    {
        try
        {
            using var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            using var response = await _http.PostAsync(new Uri(ingestion, "/v1/batch"), content, stopping);
            if ((int)response.StatusCode is >= 400 and < 500) throw new InvalidOperationException($"ingestion answered {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(stopping)}");
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (!stopping.IsCancellationRequested && e is HttpRequestException or TaskCanceledException)
        {
            // The connection broke. Whether the events were taken is unknown.
            return false;
        }
    }
}
