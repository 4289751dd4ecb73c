using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Cdp.Fanout.Tests;

/// <summary>A request that arrived.</summary>
internal sealed record Received(string Body, IHeaderDictionary Headers, DateTimeOffset At)
{
    public string MessageId => System.Text.Json.JsonDocument.Parse(Body).RootElement.GetProperty("messageId").GetString()!;
    public string ProfileId => System.Text.Json.JsonDocument.Parse(Body).RootElement.GetProperty("profileId").GetString()!;
}

/// <summary>A destination of the test's own: Kestrel on a loopback port, answering as the test says.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Receiver(WebApplication app) => _app = app;

    public ConcurrentQueue<Received> Requests { get; } = new();

    public Uri Url => new($"{_app.Urls.First()}/hook");

    /// <param name="answer">Given the request and how often its messageId has arrived, this one included.</param>
    /// <param name="port">0: any free one.</param>
    public static async Task<Receiver> StartAsync(Func<Received, int, HttpContext, Task> answer, int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        var app = builder.Build();
        var receiver = new Receiver(app);
        app.MapPost("/hook", async context =>
        {
            var body = await new StreamReader(context.Request.Body).ReadToEndAsync();
            // Kestrel uses its collection of headers again for the next request.
            var received = new Received(body, new HeaderDictionary(context.Request.Headers.ToDictionary()), DateTimeOffset.UtcNow);
            receiver.Requests.Enqueue(received);
            await answer(received, receiver.Requests.Count(other => other.MessageId == received.MessageId), context);
        });
        await app.StartAsync();
        return receiver;
    }

    /// <summary>One that takes everything.</summary>
    public static Task<Receiver> StartAsync(int port = 0) => StartAsync((_, _, _) => Task.CompletedTask, port);

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
