using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Cdp.Fanout.Tests.Delivering;

/// <summary>A request that a destination has received.</summary>
internal sealed record ReceivedRequest(string Body, IHeaderDictionary Headers, DateTimeOffset At)
{
    public string MessageId => Member("messageId");

    public string ProfileId => Member("profileId");

    private string Member(string name) => (string)JsonNode.Parse(Body)![name]!;
}

/// <summary>A destination that runs in the test: Kestrel on a loopback port, with the answers that the test specifies.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private WebhookReceiver(WebApplication app) => _app = app;

    public ConcurrentQueue<ReceivedRequest> Requests { get; } = new();

    public Uri Url => new($"{_app.Urls.First()}/hook");

    /// <param name="answer">Answers a request. It is given the request, and how many requests with this messageId have arrived, including this one.</param>
    /// <param name="port">The port to listen on, or 0 for any free one.</param>
    public static async Task<WebhookReceiver> StartAsync(Func<ReceivedRequest, int, HttpContext, Task> answer, int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        var app = builder.Build();
        var receiver = new WebhookReceiver(app);
        app.MapPost("/hook", async context =>
        {
            var body = await new StreamReader(context.Request.Body).ReadToEndAsync();
            // Copied, because Kestrel reuses its collection of headers for the next request.
            var received = new ReceivedRequest(body, new HeaderDictionary(context.Request.Headers.ToDictionary()), DateTimeOffset.UtcNow);
            receiver.Requests.Enqueue(received);
            await answer(received, receiver.Requests.Count(other => other.MessageId == received.MessageId), context);
        });
        await app.StartAsync();
        return receiver;
    }

    /// <summary>Starts a destination that answers every request with 200.</summary>
    public static Task<WebhookReceiver> StartAsync(int port = 0) => StartAsync((_, _, _) => Task.CompletedTask, port);

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
