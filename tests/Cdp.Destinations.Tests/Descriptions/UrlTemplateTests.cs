using System.Text.Json;
using Cdp.Destinations.Descriptions;
using Cdp.Destinations.Values;
using Xunit;

namespace Cdp.Destinations.Tests.Descriptions;

public sealed class UrlTemplateTests
{
    private static readonly Datum Data = Datum.Of(JsonElement.Parse(
        """{"settings":{"endpoint":"https://a.example/base/","cluster":"x/../y","n":5},"payload":{"id":"../../admin?x=1#é"}}"""));

    [Theory]
    [InlineData("{{settings.endpoint}}", "https://a.example/base/")]
    [InlineData("{{settings.endpoint}}/v1", "https://a.example/base/v1")]
    [InlineData("https://b.example/{{payload.id}}", "https://b.example/..%2F..%2Fadmin%3Fx%3D1%23%C3%A9")]
    [InlineData("https://{{settings.cluster}}.example/", "https://x%2F..%2Fy.example/")]
    [InlineData("https://b.example/{{ settings.n }}/{{payload.none}}", "https://b.example/5/")]
    public void Render_Values_AreEncodedExceptTheBeginning(string template, string expected)
    {
        var url = UrlTemplate.Read(template, out var fault);
        Assert.Null(fault);
        Assert.Equal(expected, url.Render(Data));
    }

    [Theory]
    [InlineData("http://a.example/")]
    [InlineData("{{payload.url}}")]
    [InlineData("https://{{payload.host}}/")]
    [InlineData("https://a{{event.x}}.example/")]
    [InlineData("{{settings.endpoint}}{{payload.host}}/x")]
    [InlineData("/relative")]
    public void Read_ServerThatAnEventDecides_IsAFault(string template)
    {
        UrlTemplate.Read(template, out var fault);
        Assert.NotNull(fault);
    }
}
