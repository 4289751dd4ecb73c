using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Cdp.Ingestion.Tests;

/// <summary>As much of a schema registry as one producer and one reader need.</summary>
internal sealed class FakeRegistry : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<int, string> _schemas = new();

    private FakeRegistry()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.MapPost("/subjects/{subject}/versions", (JsonObject body) =>
        {
            var id = _schemas.Count + 1;
            _schemas[id] = (string)body["schema"]!;
            return new JsonObject { ["id"] = id };
        });
        _app.MapGet("/schemas/ids/{id:int}", (int id) => new JsonObject { ["schema"] = _schemas[id] });
    }

    public string Url => _app.Urls.First();

    public static async Task<FakeRegistry> StartAsync()
    {
        var registry = new FakeRegistry();
        await registry._app.StartAsync();
        return registry;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
