using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Cdp.LocalRegistry;

/// <summary>The registry as an HTTP server.</summary>
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

    /// <summary>Starts with the schemas in the broker's <c>_schemas</c> topic.</summary>
    /// <param name="bootstrapServers">The broker.</param>
    /// <param name="host">The address to listen on.</param>
    /// <param name="port">The port to listen on; 0: any free one.</param>
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
