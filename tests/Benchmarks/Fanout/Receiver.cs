using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;

namespace Cdp.Benchmarks.Fanout;

/// <summary>The tools that events are delivered to: each path is a destination, answered after a millisecond.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, Received> _destinations = new();

    private Receiver(WebApplication app) => _app = app;

    /// <summary>Which profiles get 503, by the path of the destination; nobody if null.</summary>
    public Func<string, string, bool>? Fails { get; set; }

    public string Url => _app.Urls.First();

    /// <summary>What a destination has received.</summary>
    public Received this[string path] => _destinations.GetOrAdd(path, _ => new Received());

    public static async Task<Receiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var receiver = new Receiver(builder.Build());
        receiver._app.MapPost("/{path}", receiver.AnswerAsync);
        await receiver._app.StartAsync();
        return receiver;
    }

    public void Reset() => _destinations.Clear();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(string path, HttpContext context)
    {
        using var document = await JsonDocument.ParseAsync(context.Request.Body);
        await Task.Delay(1);
        var profile = document.RootElement.TryGetProperty("profileId", out var id) ? id.GetString()! : "";
        if (Fails?.Invoke(path, profile) == true)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }
        var latency = document.RootElement.TryGetProperty("receivedAt", out var at) ? DateTime.UtcNow - at.GetDateTime().ToUniversalTime() : TimeSpan.Zero;
        this[path].Add(latency);
    }
}

/// <summary>The accepted events of one destination.</summary>
internal sealed class Received
{
    private readonly ConcurrentQueue<TimeSpan> _latencies = new();
    private int _count;
    private long _first;
    private long _last;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Accepted events per second, from the first to the last.</summary>
    public double PerSecond => Count < 2 ? 0 : (Count - 1) / Stopwatch.GetElapsedTime(_first, _last).TotalSeconds;

    /// <summary>The time from the receipt of an event to its arrival that 99 of 100 events do not exceed.</summary>
    public TimeSpan Percentile99 => _latencies.Order().ElementAtOrDefault((int)(_latencies.Count * 0.99));

    public void Add(TimeSpan latency)
    {
        Interlocked.CompareExchange(ref _first, Stopwatch.GetTimestamp(), 0);
        Volatile.Write(ref _last, Stopwatch.GetTimestamp());
        Interlocked.Increment(ref _count);
        _latencies.Enqueue(latency);
    }
}
