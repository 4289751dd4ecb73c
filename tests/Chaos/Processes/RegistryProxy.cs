using System.Collections.Concurrent;
using System.Security.Cryptography;
using Cdp.Chaos.Settings;
using Cdp.Testing;

namespace Cdp.Chaos.Processes;

/// <summary>A proxy in front of the schema registry, which answers in place of the registry while the registry has to fail.</summary>
public sealed class RegistryProxy : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly ConcurrentDictionary<string, int> _answered = [];
    private volatile string? _error;

    private RegistryProxy(string registry)
    {
        var url = $"http://127.0.0.1:{FreePort.FindForRestarts()}";
        Url = url;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);
        _app = builder.Build();
        _app.Run(context => _error is { } error ? FailAsync(context.Response, error) : ForwardAsync(context, registry));
    }

    public string Url { get; }

    /// <summary>The number of requests that were answered with this error.</summary>
    public int CountOf(string error) => _answered.GetValueOrDefault(error);

    public static async Task<RegistryProxy> StartAsync(string registry)
    {
        var proxy = new RegistryProxy(registry);
        await proxy._app.StartAsync();
        return proxy;
    }

    /// <summary>Answers every request with this error from now on; null: forwards requests.</summary>
    public void Fail(string? error) => _error = error;

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _http.Dispose();
    }

    private Task FailAsync(HttpResponse response, string error)
    {
        _answered.AddOrUpdate(error, 1, (_, count) => count + 1);
        response.StatusCode = int.TryParse(error, out var status) ? status : 200;
        response.ContentType = error is RegistryError.OtherJson or RegistryError.RandomBytes ? "application/json" : "text/html";
        return response.Body.WriteAsync(error switch
        {
            RegistryError.OtherJson => """{"id":"seven","schema":"nonsense"}"""u8.ToArray(),
            RegistryError.RandomBytes => RandomNumberGenerator.GetBytes(200),
            _ => "<html><body>Please sign in.</body></html>"u8.ToArray(),
        }).AsTask();
    }

    private async Task ForwardAsync(HttpContext context, string registry)
    {
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), registry + context.Request.Path + context.Request.QueryString);
        if (context.Request.ContentLength > 0)
        {
            request.Content = new StreamContent(context.Request.Body);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
        }
        try
        {
            using var response = await _http.SendAsync(request, context.RequestAborted);
            context.Response.StatusCode = (int)response.StatusCode;
            context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
            await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            // The services must see an unreachable registry, not an answer.
            if (!context.Response.HasStarted) context.Abort();
        }
    }
}
