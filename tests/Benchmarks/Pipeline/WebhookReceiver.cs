using System.Collections.Concurrent;

namespace Cdp.Benchmarks.Pipeline;

/// <summary>The webhook that the destination delivers to. Counts all requests, and distinct ones by their idempotency key.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, byte> _keys = new();
    private readonly WebApplication _app;
    private int _requests;

    private WebhookReceiver(WebApplication app) => _app = app;

    public int Requests => _requests;
    public int Distinct => _keys.Count;

    public static async Task<WebhookReceiver> StartAsync(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        var receiver = new WebhookReceiver(builder.Build());
        receiver._app.MapPost("/hook", (HttpRequest request) =>
        {
            Interlocked.Increment(ref receiver._requests);
            receiver._keys.TryAdd(request.Headers["Idempotency-Key"].ToString(), 0);
            return Results.Ok();
        });
        await receiver._app.StartAsync();
        return receiver;
    }

    public void Reset()
    {
        _keys.Clear();
        _requests = 0;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
