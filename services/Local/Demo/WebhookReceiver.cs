using System.Security.Cryptography;
using System.Text.Json;
using System.Threading.Channels;
using Cdp.Destinations;

namespace Cdp.Local.Demo;

/// <summary>A request that the webhook received.</summary>
public sealed record WebhookDelivery(string? Event, string IdempotencyKey, bool IsSigned);

/// <summary>The demo's stand-in for another system's webhook. It verifies the signature of each request.</summary>
public sealed class WebhookReceiver : IAsyncDisposable
{
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    private readonly WebApplication _app;
    private readonly Channel<WebhookDelivery> _deliveries = Channel.CreateUnbounded<WebhookDelivery>();

    private WebhookReceiver()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        _app = builder.Build();
        _app.MapPost("/webhook", ReceiveAsync);
    }

    /// <summary>The secret that both sides know.</summary>
    public static string Secret { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    public string Url => $"{_app.Urls.First()}/webhook";

    public static async Task<WebhookReceiver> StartAsync()
    {
        var receiver = new WebhookReceiver();
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>The delivery did not arrive.</summary>
    public async Task<WebhookDelivery?> WaitForAsync(string name, TimeSpan timeout)
    {
        using var ending = new CancellationTokenSource(timeout);
        try
        {
            await foreach (var delivery in _deliveries.Reader.ReadAllAsync(ending.Token))
            {
                if (delivery.Event == name) return delivery;
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // It did not arrive.
        }
        return null;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task<IResult> ReceiveAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        using var json = JsonDocument.Parse(body.ToArray());
        var name = json.RootElement.TryGetProperty("event", out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;
        var isSigned = Signature.Verify(Secret, request.Headers[Signature.Header].ToString(), body.ToArray(), DateTimeOffset.UtcNow, ClockTolerance);
        _deliveries.Writer.TryWrite(new WebhookDelivery(name, request.Headers["Idempotency-Key"].ToString(), isSigned));
        return Results.Ok();
    }
}
