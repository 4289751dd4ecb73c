using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.OpenApi;
using Xunit;

namespace Cdp.Testing;

/// <summary>The requirements for the OpenAPI document of every service.</summary>
public static class OpenApiChecks
{
    /// <summary>The embedded document of a service, as JSON.</summary>
    /// <param name="service">A type of the assembly that embeds it.</param>
    /// <param name="resource">The name of the embedded document.</param>
    public static string Read(Type service, string resource)
    {
        using var stream = service.Assembly.GetManifestResourceStream(resource)!;
        return new StreamReader(stream).ReadToEnd();
    }

    /// <summary>Checks that an independent parser finds no error in the document.</summary>
    /// <returns>The document as parsed by it.</returns>
    public static OpenApiDocument AssertValid(string document)
    {
        var read = OpenApiDocument.Parse(document, "json");
        Assert.Equal(OpenApiSpecVersion.OpenApi3_1, read.Diagnostic!.SpecificationVersion);
        Assert.Empty(read.Diagnostic.Errors);
        Assert.Empty(read.Diagnostic.Warnings);
        return read.Document!;
    }

    /// <summary>Checks that the paths of the document are those that the service maps below /v1 and /openapi.</summary>
    public static void AssertPaths(string document, IEndpointRouteBuilder service)
    {
        var mapped = service.DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Select(endpoint => endpoint.RoutePattern.RawText!.Replace("**", "", StringComparison.Ordinal))
            .Where(path => path.StartsWith("/v1/", StringComparison.Ordinal) || path.StartsWith("/openapi/", StringComparison.Ordinal));
        using var json = JsonDocument.Parse(document);
        Assert.Equal(mapped.Distinct().Order(), json.RootElement.GetProperty("paths").EnumerateObject().Select(path => path.Name).Order());
    }
}
