using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Cdp.Hosting.Api;
using Microsoft.Net.Http.Headers;

namespace Cdp.Ingestion.Reference;

/// <summary>Serves the OpenAPI document of the service, as JSON and as an HTML page.</summary>
public static class ReferenceEndpoints
{
    // The page may use only its own inline style.
    private const string ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void MapReference(this WebApplication app)
    {
        var document = Resource("openapi.json");
        using var parsed = JsonDocument.Parse(document);
        var page = Encoding.UTF8.GetBytes(ReferencePage.Render(parsed.RootElement, Encoding.UTF8.GetString(Resource("page.html"))));
        app.MapGetAndHead("/openapi/v1.json", (HttpResponse response) =>
        {
            // Tools on other hosts may read the document. Nothing in it is secret.
            response.Headers.AccessControlAllowOrigin = "*";
            return Serve(response, document, "application/json");
        });
        app.MapGetAndHead("/docs", (HttpResponse response) =>
        {
            response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
            return Serve(response, page, "text/html; charset=utf-8");
        });
    }

    private static IResult Serve(HttpResponse response, byte[] bytes, string contentType)
    {
        response.Headers.CacheControl = "no-cache";
        return Results.Bytes(bytes, contentType, entityTag: new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes)[..16])}\""));
    }

    private static byte[] Resource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Cdp.Ingestion.Reference.{name}")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
