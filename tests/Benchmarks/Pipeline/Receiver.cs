using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Cdp.Benchmarks;

/// <summary>The webhook that the destination delivers to; it counts requests, and what they are by their idempotency key.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, byte> _keys = new();
    private readonly WebApplication _app;
    private int _requests;

    private Receiver(WebApplication app) => _app = app;

    public int Requests => _requests;
    public int Distinct => _keys.Count;

    public static async Task<Receiver> StartAsync(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        var receiver = new Receiver(builder.Build());
        receiver._app.MapPost("/hook", (HttpRequest request) =>
        {
            Interlocked.Increment(ref receiver._requests);
            receiver._keys.TryAdd(request.Headers["Idempotency-Key"].ToString(), 0);
            return Results.Ok();
        });
        await receiver._app.StartAsync();
        return receiver;
    }

    public void Forget()
    {
        _keys.Clear();
        _requests = 0;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
