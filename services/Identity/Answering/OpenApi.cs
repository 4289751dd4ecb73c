using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Cdp.Identity.Answering;

/// <summary>GET /openapi/v1.json: what the service says of itself.</summary>
public static class OpenApi
{
    public static void MapOpenApi(this IEndpointRouteBuilder routes)
    {
        var document = Read();
        var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(document)[..16])}\"");
        routes.MapGet("/openapi/v1.json", (HttpResponse response) =>
        {
            // Tools on other hosts may read it: nothing in it is secret.
            response.Headers.AccessControlAllowOrigin = "*";
            response.Headers.CacheControl = "no-cache";
            return Results.Bytes(document, "application/json", entityTag: tag);
        });
    }

    private static byte[] Read()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("Cdp.Identity.Answering.openapi.json")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
