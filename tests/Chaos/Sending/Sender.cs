using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Cdp.Chaos.People;

namespace Cdp.Chaos.Sending;

/// <summary>Sends as an SDK does: in order, and retries an unacknowledged batch unchanged, to any instance that answers.</summary>
public sealed class Sender : IDisposable
{
    private const int LargestBatch = 60;
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromMinutes(5);

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(15) };
    private readonly Population _population;
    private readonly IReadOnlyList<Uri> _ingestions;
    private readonly Dictionary<int, string?> _answers = [];
    private readonly List<int> _logins = [];
    private readonly int _rate;
    private readonly long _started = Stopwatch.GetTimestamp();
    private int _claimed;
    private int _retries;

    /// <param name="population">The events.</param>
    /// <param name="ingestions">The URLs of the instances of ingestion.</param>
    /// <param name="rate">The maximum number of events per second.</param>
    public Sender(Population population, IReadOnlyList<Uri> ingestions, int rate) => (_population, _ingestions, _rate) = (population, ingestions, rate);

    /// <summary>The number of entries of all lanes, repetitions included.</summary>
    public int EntryCount => _population.Order.Sum(lane => lane.Count);

    /// <summary>The lanes pause after this many entries.</summary>
    public int SendLimit { get; set; }

    /// <summary>The number of entries that were answered, repetitions included.</summary>
    public int AnsweredCount { get; private set; }

    /// <summary>The number of requests that had to be sent again.</summary>
    public int Retries => _retries;

    /// <summary>By event, for every request answered with 200: null if the event was acknowledged, else the code of its refusal.</summary>
    public IReadOnlyDictionary<int, string?> Answers
    {
        get
        {
            lock (_answers) return new Dictionary<int, string?>(_answers);
        }
    }

    /// <summary>A random acknowledged login that has a user and a device; null if there is none yet.</summary>
    public SentEvent? PickLogin(Random random)
    {
        lock (_answers) return _logins.Count == 0 ? null : _population.Events[_logins[random.Next(_logins.Count)]];
    }

    /// <summary>Sends a whole lane in order.</summary>
    public async Task SendLaneAsync(int lane, int seed, CancellationToken stopping)
    {
        var (order, random) = (_population.Order[lane], new Random(seed + lane));
        for (var next = 0; next < order.Count;)
        {
            var count = Math.Min(random.Next(1, LargestBatch), order.Count - next);
            await ThrottleAsync(count, stopping);
            await SendAsync([.. order.Skip(next).Take(count)], lane, stopping);
            next += count;
        }
    }

    /// <summary>Sends events, one batch per source, and retries until each batch is answered.</summary>
    public async Task SendAsync(IReadOnlyList<int> events, int lane, CancellationToken stopping)
    {
        foreach (var batch in events.GroupBy(e => _population.Events[e].Source)) await SendAsync(batch.Key, [.. batch], lane, stopping);
        lock (_answers) AnsweredCount += events.Count;
    }

    /// <summary>Sends a batch once, to one instance, in a request that completes only when <paramref name="end"/> completes.</summary>
    public Task<bool> TrySendSlowlyAsync(string source, IReadOnlyList<int> events, int instance, Task end, CancellationToken stopping) =>
        TrySendAsync(source, events, new SlowBody(Body(events), end), instance, stopping);

    public void Dispose() => _http.Dispose();

    private async Task SendAsync(string source, IReadOnlyList<int> events, int lane, CancellationToken stopping)
    {
        var body = Body(events);
        var since = Stopwatch.GetTimestamp();
        for (var attempt = 0; !await TrySendAsync(source, events, new ByteArrayContent(body), lane + attempt, stopping); attempt++)
        {
            if (Stopwatch.GetElapsedTime(since) > GiveUpAfter)
            {
                throw new TimeoutException($"no instance acknowledged a batch within {GiveUpAfter.TotalMinutes} minutes");
            }
            Interlocked.Increment(ref _retries);
            await Task.Delay(100, stopping);
        }
    }

    private byte[] Body(IEnumerable<int> events) => SentEvent.Batch(events.Select(e => _population.Events[e]));

    private async Task ThrottleAsync(int count, CancellationToken stopping)
    {
        var claimed = Interlocked.Add(ref _claimed, count);
        while (claimed - count > SendLimit || claimed > _rate * Stopwatch.GetElapsedTime(_started).TotalSeconds + LargestBatch) await Task.Delay(5, stopping);
    }

    private async Task<bool> TrySendAsync(string source, IReadOnlyList<int> events, HttpContent content, int instance, CancellationToken stopping)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_ingestions[instance % _ingestions.Count], "/v1/batch")) { Content = content };
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            var credentials = Convert.ToBase64String(Encoding.ASCII.GetBytes($"{Sources.WriteKey(source)}:"));
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", credentials);
            using var response = await _http.SendAsync(request, stopping);
            var text = await response.Content.ReadAsStringAsync(stopping);
            // A batch without a single acceptable event is refused as a whole and stored nowhere.
            var isBatchRefused = response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge;
            if (isBatchRefused && events.All(e => _population.Events[e].Refusal is not null)) return true;
            if ((int)response.StatusCode is >= 400 and < 500) throw new InvalidOperationException($"ingestion answered {(int)response.StatusCode}: {text}");
            if (!response.IsSuccessStatusCode) return false;
            Record(events, RejectionsIn(text));
            return true;
        }
        catch (Exception e) when (!stopping.IsCancellationRequested && e is HttpRequestException or TaskCanceledException or IOException)
        {
            // The connection broke. It is unknown whether the events were stored.
            return false;
        }
    }

    private static Dictionary<int, string> RejectionsIn(string answer)
    {
        using var json = JsonDocument.Parse(answer);
        return json.RootElement.TryGetProperty("rejected", out var rejected)
            ? rejected.EnumerateArray().ToDictionary(item => item.GetProperty("index").GetInt32(), item => item.GetProperty("code").GetString()!)
            : [];
    }

    private void Record(IReadOnlyList<int> events, Dictionary<int, string> rejected)
    {
        lock (_answers)
        {
            for (var i = 0; i < events.Count; i++)
            {
                _answers[events[i]] = rejected.GetValueOrDefault(i);
                if (_population.Events[events[i]] is { Type: "identify", UserId: not null, AnonymousId: not null }) _logins.Add(events[i]);
            }
        }
    }

    /// <summary>A body that withholds its last byte: the request is received long before it is complete.</summary>
    private sealed class SlowBody(byte[] body, Task end) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(body.AsMemory(0, body.Length - 1));
            await stream.FlushAsync();
            await end;
            await stream.WriteAsync(body.AsMemory(body.Length - 1));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = body.Length;
            return true;
        }
    }
}
