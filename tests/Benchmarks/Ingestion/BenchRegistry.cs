using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Cdp.Benchmarks;

/// <summary>As much of a schema registry as ingestion and a reader of its topics need. It stays while Kafka is away.</summary>
internal sealed class BenchRegistry : IAsyncDisposable
{
    private readonly ConcurrentDictionary<int, string> _schemas = new();
    private readonly WebApplication _app;

    private BenchRegistry()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
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

    public static async Task<BenchRegistry> StartAsync()
    {
        var registry = new BenchRegistry();
        await registry._app.StartAsync();
        return registry;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
