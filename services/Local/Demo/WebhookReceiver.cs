using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Cdp.Local.Demo;

/// <summary>A request that the webhook got.</summary>
public sealed record WebhookDelivery(string? Event, string IdempotencyKey, bool IsSigned);

/// <summary>Another system's webhook, as the demo plays it: it checks the signature of what it gets.</summary>
public sealed class WebhookReceiver : IAsyncDisposable
{
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

    /// <summary>What both sides know.</summary>
    public static string Secret { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    public string Url => $"{_app.Urls.First()}/webhook";

    public static async Task<WebhookReceiver> StartAsync()
    {
        var receiver = new WebhookReceiver();
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>The first delivery of an event of that name, or null when it does not come in time.</summary>
    public async Task<WebhookDelivery?> WaitForAsync(string name, TimeSpan patience)
    {
        using var ending = new CancellationTokenSource(patience);
        try
        {
            await foreach (var delivery in _deliveries.Reader.ReadAllAsync(ending.Token))
            {
                if (delivery.Event == name) return delivery;
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // It did not come.
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
        _deliveries.Writer.TryWrite(new WebhookDelivery(name, request.Headers["Idempotency-Key"].ToString(), IsSigned(request, body.ToArray())));
        return Results.Ok();
    }

    // t=UNIX_SECONDS,v1=HEX: the signature is of the time and the body, so that an old request cannot be sent again.
    private static bool IsSigned(HttpRequest request, byte[] body)
    {
        var parts = request.Headers["X-Cdp-Signature"].ToString().Split(',');
        if (parts is not [['t', '=', .. var time], ['v', '1', '=', .. var signature]]) return false;
        byte[] signed = [.. Encoding.UTF8.GetBytes(time + "."), .. body];
        var expected = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), signed);
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(expected)), Encoding.ASCII.GetBytes(signature));
    }
}
