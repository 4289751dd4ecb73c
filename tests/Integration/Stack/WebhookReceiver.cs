using System.Text.Json;
using Cdp.Destinations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Cdp.Integration.Stack;

/// <summary>A request that the webhook received.</summary>
/// <param name="MessageId">The messageId of its event.</param>
/// <param name="Event">The name of its event; null: the event is not a track call.</param>
/// <param name="IsSigned">Whether its signature is valid.</param>
public sealed record WebhookDelivery(string MessageId, string? Event, bool IsSigned);

/// <summary>Another system's webhook, which records every delivery in the order of arrival.</summary>
public sealed class WebhookReceiver : IAsyncDisposable
{
    public const string Secret = "webhook-secret";

    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    private readonly WebApplication _app;
    private readonly List<WebhookDelivery> _deliveries = [];

    private WebhookReceiver()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/webhook", ReceiveAsync);
    }

    public string Url => $"{_app.Urls.First()}/webhook";

    /// <summary>Every delivery, including repeated ones.</summary>
    public IReadOnlyList<WebhookDelivery> Deliveries
    {
        get
        {
            lock (_deliveries) return [.. _deliveries];
        }
    }

    public static async Task<WebhookReceiver> StartAsync()
    {
        var receiver = new WebhookReceiver();
        await receiver._app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task<IResult> ReceiveAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        using var json = JsonDocument.Parse(body.ToArray());
        var messageId = json.RootElement.GetProperty("messageId").GetString()!;
        var name = json.RootElement.TryGetProperty("event", out var member) ? member.GetString() : null;
        var isSigned = Signature.Verify(Secret, request.Headers[Signature.Header].ToString(), body.ToArray(), DateTimeOffset.UtcNow, ClockTolerance);
        lock (_deliveries) _deliveries.Add(new WebhookDelivery(messageId, name, isSigned));
        return Results.Ok();
    }
}
