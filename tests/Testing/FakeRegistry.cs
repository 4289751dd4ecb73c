using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace Cdp.Testing;

/// <summary>A schema registry over HTTP: the part that a producer and a reader need, or any answer that a test sets.</summary>
public sealed class FakeRegistry : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeRegistry(X509Certificate2? certificate, Func<X509Certificate2, bool>? isClient)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (certificate is null) return;
            listen.UseHttps(https =>
            {
                https.ServerCertificate = certificate;
                if (isClient is null) return;
                https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                https.ClientCertificateValidation = (presented, _, _) => isClient(presented);
            });
        }));
        _app = builder.Build();
        _app.Use((context, next) =>
        {
            Authorizations.Enqueue(context.Request.Headers.Authorization.ToString());
            return Answer is { } answer ? answer(context) : next(context);
        });
        // It accepts any schema and checks no compatibility.
        _app.MapPost("/subjects/{subject}/versions", (JsonObject body) =>
        {
            var id = Schemas.Count + 1;
            Schemas[id] = (string)body["schema"]!;
            return new JsonObject { ["id"] = id };
        });
        _app.MapGet("/schemas/ids/{id:int}", (int id) => Schemas.TryGetValue(id, out var schema)
            ? Results.Json(new JsonObject { ["schema"] = schema })
            : Results.Json(new JsonObject { ["error_code"] = 40403, ["message"] = $"Schema {id} not found" }, statusCode: 404));
    }

    public string Url => _app.Urls.First();

    /// <summary>The registered schemas, by id.</summary>
    public ConcurrentDictionary<int, string> Schemas { get; } = new();

    /// <summary>The Authorization header of each request; empty if it had none.</summary>
    public ConcurrentQueue<string> Authorizations { get; } = new();

    /// <summary>If set, the answer to every request.</summary>
    public Func<HttpContext, Task>? Answer { get; set; }

    /// <param name="certificate">If set, the registry listens with TLS.</param>
    /// <param name="isClient">If set, the registry requires a client certificate that this function accepts.</param>
    public static async Task<FakeRegistry> StartAsync(X509Certificate2? certificate = null, Func<X509Certificate2, bool>? isClient = null)
    {
        var registry = new FakeRegistry(certificate, isClient);
        await registry._app.StartAsync();
        return registry;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
