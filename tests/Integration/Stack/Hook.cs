using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Cdp.Integration.Stack;

/// <summary>Another system's webhook: it keeps the messageIds in the order in which they came.</summary>
public sealed class Hook : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<string> _arrived = [];

    private Hook()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/hook", async (HttpRequest request) =>
        {
            using var json = await JsonDocument.ParseAsync(request.Body);
            var messageId = json.RootElement.GetProperty("messageId").GetString()!;
            lock (_arrived) _arrived.Add(messageId);
            return Results.Ok();
        });
    }

    public string Url => $"{_app.Urls.First()}/hook";

    /// <summary>Every messageId that came, repeated where it came again.</summary>
    public IReadOnlyList<string> Arrived
    {
        get
        {
            lock (_arrived) return [.. _arrived];
        }
    }

    public static async Task<Hook> StartAsync()
    {
        var hook = new Hook();
        await hook._app.StartAsync();
        return hook;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
