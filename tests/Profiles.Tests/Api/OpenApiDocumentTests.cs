using System.Text.Json;
using Cdp.Hosting.Api;
using Cdp.Hosting.Process;
using Cdp.Profiles.Api;
using Cdp.Testing;

namespace Cdp.Profiles.Tests.Api;

[Trait("tier", "integration")]
public sealed class OpenApiDocumentTests
{
    private static readonly string Text = OpenApiChecks.Read(typeof(ProfilesService), "Cdp.Profiles.Api.openapi.json");

    [Fact]
    public void Document_ReadByOpenApiLibrary_HasNoErrors() => OpenApiChecks.AssertValid(Text);

    [Fact]
    public async Task Paths_OfTheDocument_AreThoseTheServiceMaps()
    {
        string[] settings = ["--ProfileIds:Key=test", $"--Api:Tokens:0={ApiTokens.Hash("t")}", "--Port=0"];
        await using var app = CdpHost.Build(ProfilesService.Service, settings);
        OpenApiChecks.AssertPaths(Text, app);
    }

    [Fact]
    public void Profile_MembersOfTheDocument_AreThoseOfResponses()
    {
        using var document = JsonDocument.Parse(Text);
        var schema = document.RootElement.GetProperty("components").GetProperty("schemas").GetProperty("Profile");
        var documented = schema.GetProperty("properties").EnumerateObject().Select(member => member.Name);
        var account = Some.Profile("a", Some.Identify("a", """{"x":1}"""));
        account.kind = "account";
        // Members that are only included if something was cut.
        account.cutTraits.Add(new cdp.CutTrait { name = "x", timestamp = Some.Noon, messageId = "m", position = Some.Identified(0, 0) });
        account.otherEvents = new cdp.OtherEvents { count = 1, first = Some.Noon, last = Some.Noon };
        Assert.Equal(documented.Order(), Members(Some.Profile("p", Some.Identify("p", """{"x":1}"""))).Union(Members(account)).Order());
    }

    private static IEnumerable<string> Members(cdp.Profile profile)
    {
        using var json = JsonDocument.Parse(ProfileJson.Of(profile, [], ProfileParts.Default | ProfileParts.Provenance));
        return [.. json.RootElement.EnumerateObject().Select(member => member.Name)];
    }
}
