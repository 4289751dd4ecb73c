using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Net.Http.Headers;

namespace Cdp.Ingestion.Reference;

/// <summary>What the service says of itself: the OpenAPI document, and the same as a page.</summary>
public static class ReferenceEndpoints
{
    // The page's own style, and nothing else.
    private const string ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void MapReference(this WebApplication app)
    {
        var document = Resource("openapi.json");
        using var parsed = JsonDocument.Parse(document);
        var page = Encoding.UTF8.GetBytes(ReferencePage.Render(parsed.RootElement, Encoding.UTF8.GetString(Resource("page.html"))));
        app.MapGet("/openapi/v1.json", (HttpResponse response) =>
        {
            // Tools on other hosts may read it: nothing in it is secret.
            response.Headers.AccessControlAllowOrigin = "*";
            return Answer(response, document, "application/json");
        });
        app.MapGet("/docs", (HttpResponse response) =>
        {
            response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
            return Answer(response, page, "text/html; charset=utf-8");
        });
    }

    private static IResult Answer(HttpResponse response, byte[] bytes, string contentType)
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
