using System.Text.Json;
using Cdp.Hosting.Api;
using Cdp.Hosting.Process;
using Cdp.Identifiers.Types;
using Cdp.Testing;
using Xunit;

namespace Cdp.Identity.Tests.Api;

[Trait("tier", "integration")]
public sealed class OpenApiDocumentTests
{
    private static readonly string Text = OpenApiChecks.Read(typeof(IdentityService), "Cdp.Identity.Api.openapi.json");

    [Fact]
    public void Document_ReadByAnIndependentReader_HasNoFault() => OpenApiChecks.AssertValid(Text);

    [Fact]
    public async Task Paths_Always_AreThoseTheServiceMaps()
    {
        await using var app = CdpHost.Build(IdentityService.Service, ["--ProfileIds:Key=a test's key", $"--Api:Tokens:0={ApiTokens.Hash("t")}", "--Port=0"]);
        OpenApiChecks.AssertPaths(Text, app);
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
}
