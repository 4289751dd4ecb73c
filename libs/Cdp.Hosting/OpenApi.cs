using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Cdp.Hosting;

/// <summary>GET /openapi/v1.json: what a service says of its API.</summary>
public static class OpenApi
{
    /// <param name="routes">Where it is mapped.</param>
    /// <param name="assembly">The service's.</param>
    /// <param name="resource">The document, embedded in it.</param>
    public static void MapOpenApi(this IEndpointRouteBuilder routes, Assembly assembly, string resource)
    {
        var document = Read(assembly, resource);
        var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(document)[..16])}\"");
        routes.MapGet("/openapi/v1.json", (HttpResponse response) =>
        {
            // Tools on other hosts may read it: nothing in it is secret.
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
