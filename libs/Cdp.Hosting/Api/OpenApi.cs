using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Cdp.Hosting.Api;

/// <summary>Serves the OpenAPI document of a service at <c>/openapi/v1.json</c>.</summary>
public static class OpenApi
{
    /// <summary>Maps the endpoint.</summary>
    /// <param name="routes">The routes of the service.</param>
    /// <param name="assembly">The assembly that embeds the document.</param>
    /// <param name="resource">The name of the embedded document.</param>
    public static void MapOpenApi(this IEndpointRouteBuilder routes, Assembly assembly, string resource)
    {
        var document = Read(assembly, resource);
        var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(document)[..16])}\"");
        routes.MapGetAndHead("/openapi/v1.json", (HttpResponse response) =>
        {
            // Tools on other hosts may read it, because it contains no secrets.
            response.Headers.AccessControlAllowOrigin = "*";
            response.Headers.CacheControl = "no-cache";
            return Results.Bytes(document, "application/json", entityTag: tag);
        });
    }

    private static byte[] Read(Assembly assembly, string resource)
    {
        using var stream = assembly.GetManifestResourceStream(resource)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
