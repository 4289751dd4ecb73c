using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Cdp.Destinations.Tests.Http;

/// <summary>A request that a fake server has received.</summary>
/// <param name="Method">The method.</param>
/// <param name="Url">The URL that the sender requested, before the request was redirected to this server.</param>
/// <param name="Headers">The headers.</param>
/// <param name="Body">The body.</param>
internal sealed record ReceivedRequest(string Method, string Url, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name);

    public JsonElement Json => JsonElement.Parse(Body);
}

/// <summary>An answer of a fake server.</summary>
internal sealed record FakeAnswer(int Status, string Body = "", params (string Name, string Value)[] Headers);

/// <summary>An HTTP server in the test: Kestrel on a free loopback port, which answers as the test specifies.</summary>
internal sealed class FakeServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeServer(WebApplication app) => _app = app;

    public ConcurrentQueue<ReceivedRequest> Requests { get; } = new();

    public Uri Url => new(_app.Urls.First());

    public static Task<FakeServer> StartAsync(Func<ReceivedRequest, FakeAnswer> answer) => StartAsync((request, _) => Task.FromResult(answer(request)));

    public static async Task<FakeServer> StartAsync(Func<ReceivedRequest, CancellationToken, Task<FakeAnswer>> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new FakeServer(app);
        app.Run(async context =>
        {
            var request = await ReadAsync(context.Request);
            server.Requests.Enqueue(request);
            var reply = await answer(request, context.RequestAborted);
            context.Response.StatusCode = reply.Status;
            foreach (var (name, value) in reply.Headers) context.Response.Headers[name] = value;
            await context.Response.WriteAsync(reply.Body);
        });
        await app.StartAsync();
        return server;
    }

    /// <summary>A handler that redirects every request to this server, whatever its URL.</summary>
    public DelegatingHandler Lead() => new Leading(Url);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static async Task<ReceivedRequest> ReadAsync(HttpRequest request)
    {
        var body = await new StreamReader(request.Body).ReadToEndAsync();
        var headers = request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var url = headers.TryGetValue(Leading.Header, out var meant) ? meant : $"{request.Scheme}://{request.Host}{request.Path}{request.QueryString}";
        headers.Remove(Leading.Header);
        return new ReceivedRequest(request.Method, url, headers, body);
    }

    private sealed class Leading(Uri server) : DelegatingHandler
    {
        public const string Header = "X-Test-Url";

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Add(Header, request.RequestUri!.AbsoluteUri);
            request.RequestUri = new Uri(server, request.RequestUri.PathAndQuery);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
