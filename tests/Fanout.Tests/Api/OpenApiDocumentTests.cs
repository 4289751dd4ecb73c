using Cdp.Hosting.Api;
using Cdp.Hosting.Process;
using Cdp.Testing;

namespace Cdp.Fanout.Tests.Api;

[Trait("tier", "integration")]
public sealed class OpenApiDocumentTests
{
    private static readonly string Text = OpenApiChecks.Read(typeof(FanoutService), "Cdp.Fanout.Api.openapi.json");

    [Fact]
    public void Document_ReadByOpenApiLibrary_HasNoErrors() => OpenApiChecks.AssertValid(Text);

    [Fact]
    public async Task Paths_OfTheDocument_AreThoseTheServiceMaps()
    {
        await using var app = CdpHost.Build(FanoutService.Service, [$"--Api:Tokens:0={ApiTokens.Hash("t")}", "--Port=0"]);
        OpenApiChecks.AssertPaths(Text, app);
    }
}
