using System.Text.Json;
using Cdp.Chaos.Ledger;
using Cdp.Chaos.Machines;
using Cdp.Chaos.People;

namespace Cdp.Chaos.Sending;

/// <summary>Another system's webhook: it keeps what came, in the order in which it came.</summary>
public sealed class Webhook : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<Arrived> _arrived = [];
    private readonly HashSet<string> _profileIds = [];

    private Webhook(int port)
    {
        Url = new Uri($"http://127.0.0.1:{port}/hook");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        _app = builder.Build();
        _app.MapPost("/hook", async (HttpRequest request) =>
        {
            using var json = await JsonDocument.ParseAsync(request.Body);
            Keep(json.RootElement.GetProperty("profileId").GetString()!, json.RootElement.GetProperty("messageId").GetString()!);
            return Results.Ok();
        });
    }

    public Uri Url { get; }

    public IReadOnlyList<Arrived> Arrived
    {
        get
        {
            lock (_arrived) return [.. _arrived];
        }
    }

    public int Count
    {
        get
        {
            lock (_arrived) return _arrived.Count;
        }
    }

    public static async Task<Webhook> StartAsync()
    {
        var hook = new Webhook(Ports.Free());
        await hook._app.StartAsync();
        return hook;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private void Keep(string profileId, string messageId)
    {
        lock (_arrived)
        {
            // One text a profile, not one an event.
            if (!_profileIds.TryGetValue(profileId, out var known)) _profileIds.Add(known = profileId);
            _arrived.Add(new Arrived(known, Sent.IndexOf(messageId)));
        }
    }
}
