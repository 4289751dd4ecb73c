using System.Text.Json;
using Cdp.Hosting;
using Cdp.Profiles.Answering;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Cdp.Profiles.Tests.Answering;

public sealed class OpenApiDocumentTests
{
    private static readonly string Text = Read();

    [Fact]
    public void Document_ByAnotherReader_IsWithoutFault()
    {
        var read = Microsoft.OpenApi.OpenApiDocument.Parse(Text, "json");
        Assert.Equal(Microsoft.OpenApi.OpenApiSpecVersion.OpenApi3_1, read.Diagnostic!.SpecificationVersion);
        Assert.Empty(read.Diagnostic.Errors);
        Assert.Empty(read.Diagnostic.Warnings);
    }

    [Fact]
    public async Task Paths_AreWhatTheServiceMaps()
    {
        await using var app = CdpHost.Build(ProfilesService.Service, ["--ProfileIds:Key=a test's key", $"--Api:Tokens:0={ApiTokens.Hash("t")}", "--Port=0"]);
        var mapped = ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Select(endpoint => endpoint.RoutePattern.RawText!.Replace("**", "")).Where(path => path.StartsWith("/v1/") || path.StartsWith("/openapi/"));
        using var document = JsonDocument.Parse(Text);
        Assert.Equal(mapped.Distinct().Order(), document.RootElement.GetProperty("paths").EnumerateObject().Select(path => path.Name).Order());
    }

    [Fact]
    public void Profile_Members_AreThoseThatAnswersHave()
    {
        using var document = JsonDocument.Parse(Text);
        var told = document.RootElement.GetProperty("components").GetProperty("schemas").GetProperty("Profile").GetProperty("properties").EnumerateObject().Select(member => member.Name);
        var account = Some.Profile("a", Some.Identify("a", """{"x":1}"""));
        account.kind = "account";
        Assert.Equal(told.Order(), Members(Some.Profile("p", Some.Identify("p", """{"x":1}"""))).Union(Members(account)).Order());
    }

    private static IEnumerable<string> Members(cdp.Profile profile)
    {
        using var json = JsonDocument.Parse(ProfileJson.Of(profile, [], ProfileParts.Usual | ProfileParts.Provenance));
        return [.. json.RootElement.EnumerateObject().Select(member => member.Name)];
    }

    private static string Read()
    {
        using var stream = typeof(ProfilesService).Assembly.GetManifestResourceStream("Cdp.Profiles.Answering.openapi.json")!;
        return new StreamReader(stream).ReadToEnd();
    }
}
