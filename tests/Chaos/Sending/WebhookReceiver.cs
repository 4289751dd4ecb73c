using System.Text.Json;
using Cdp.Chaos.People;
using Cdp.Testing;

namespace Cdp.Chaos.Sending;

/// <summary>A delivery that the webhook received.</summary>
public readonly record struct WebhookDelivery(string ProfileId, int Event);

/// <summary>Another system's webhook, which records every delivery in the order of arrival.</summary>
public sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Population _population;
    private readonly List<WebhookDelivery> _deliveries = [];
    private readonly HashSet<string> _profileIds = [];

    private WebhookReceiver(Population population, int port)
    {
        _population = population;
        Url = new Uri($"http://127.0.0.1:{port}/hook");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        _app = builder.Build();
        _app.MapPost("/hook", async (HttpRequest request) =>
        {
            using var json = await JsonDocument.ParseAsync(request.Body);
            var anonymousId = json.RootElement.TryGetProperty("anonymousId", out var member) ? member.GetString() : null;
            var messageId = json.RootElement.GetProperty("messageId").GetString()!;
            Record(json.RootElement.GetProperty("profileId").GetString()!, _population.Find(messageId, anonymousId));
            return Results.Ok();
        });
    }

    public Uri Url { get; }

    public IReadOnlyList<WebhookDelivery> Deliveries
    {
        get
        {
            lock (_deliveries) return [.. _deliveries];
        }
    }

    public int Count
    {
        get
        {
            lock (_deliveries) return _deliveries.Count;
        }
    }

    public static async Task<WebhookReceiver> StartAsync(Population population)
    {
        var webhook = new WebhookReceiver(population, FreePort.FindForRestarts());
        await webhook._app.StartAsync();
        return webhook;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private void Record(string profileId, int e)
    {
        lock (_deliveries)
        {
            // One string per profile, not one per event.
            if (!_profileIds.TryGetValue(profileId, out var known)) _profileIds.Add(known = profileId);
            _deliveries.Add(new WebhookDelivery(known, e));
        }
    }
}
