using System.Text.Json;
using Cdp.Hosting.Api;
using Cdp.Hosting.Process;
using Cdp.Identifiers.Types;
using Microsoft.AspNetCore.Routing;
using Xunit;

namespace Cdp.Identity.Tests.Api;

[Trait("tier", "integration")]
public sealed class OpenApiDocumentTests
{
    private static readonly string Text = Read();

    [Fact]
    public void Document_ReadByAnIndependentReader_HasNoFault()
    {
        var read = Microsoft.OpenApi.OpenApiDocument.Parse(Text, "json");
        Assert.Equal(Microsoft.OpenApi.OpenApiSpecVersion.OpenApi3_1, read.Diagnostic!.SpecificationVersion);
        Assert.Empty(read.Diagnostic.Errors);
        Assert.Empty(read.Diagnostic.Warnings);
    }

    [Fact]
    public async Task Paths_Always_AreThoseTheServiceMaps()
    {
        await using var app = CdpHost.Build(IdentityService.Service, ["--ProfileIds:Key=a test's key", $"--Api:Tokens:0={ApiTokens.Hash("t")}", "--Port=0"]);
        var mapped = ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Select(endpoint => endpoint.RoutePattern.RawText!.Replace("**", "")).Where(path => path.StartsWith("/v1/") || path.StartsWith("/openapi/"));
        using var document = JsonDocument.Parse(Text);
        Assert.Equal(mapped.Distinct().Order(), document.RootElement.GetProperty("paths").EnumerateObject().Select(path => path.Name).Order());
    }

    [Fact]
    public void Paths_BesideThoseOfTypes_AreReservedNames()
    {
        using var document = JsonDocument.Parse(Text);
        var segments = document.RootElement.GetProperty("paths").EnumerateObject()
            .Select(path => path.Name.Split('/'))
            .Where(path => path is ["", "v1", "identity", not "{type}", ..])
            .Select(path => path[3])
            .Distinct()
            .ToList();
        Assert.NotEmpty(segments);
        Assert.All(segments, segment => Assert.Contains(segment, IdentifierTypes.ReservedNames));
    }

    private static string Read()
    {
        using var stream = typeof(IdentityService).Assembly.GetManifestResourceStream("Cdp.Identity.Api.openapi.json")!;
        return new StreamReader(stream).ReadToEnd();
    }
}
