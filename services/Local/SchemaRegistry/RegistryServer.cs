using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Cdp.Local.SchemaRegistry;

/// <summary>The registry on a port.</summary>
public sealed class RegistryServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Registry _registry;

    private RegistryServer(WebApplication app, Registry registry, string url)
    {
        _app = app;
        _registry = registry;
        Url = url;
    }

    public string Url { get; }

    /// <summary>Starts on what the broker's <c>_schemas</c> topic holds.</summary>
    public static async Task<RegistryServer> StartAsync(string bootstrapServers, IPAddress host, int port)
    {
        var registry = await Registry.OpenAsync(bootstrapServers);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls($"http://{new IPEndPoint(host, port)}");
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        var app = builder.Build();
        app.MapRegistry(registry);
        await app.StartAsync();
        return new RegistryServer(app, registry, app.Urls.First());
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _registry.Dispose();
    }
}
