using Cdp.Ingestion.Sources;
using Xunit;

namespace Cdp.Ingestion.Tests.Sources;

public sealed class OriginsTests
{
    [Theory]
    [InlineData("https://shop.example", true)]
    [InlineData("https://SHOP.example", true)]
    [InlineData("https://a.b.shop.example", true)]
    [InlineData("http://shop.example", false)]
    [InlineData("https://shop.example:8443", false)]
    [InlineData("https://badshop.example", false)]
    [InlineData("https://.shop.example", false)]
    [InlineData("null", false)]
    [InlineData("", true)]
    [InlineData(null, true)]
    public void Allow_Origin_ComparesTheWholeOrigin(string? origin, bool allowed) =>
        Assert.Equal(allowed, new Origins(["https://shop.example", "https://*.shop.example"]).Allow(origin));

    [Fact]
    public void Allow_NoPatterns_AllowsEveryOrigin() => Assert.True(Origins.All.Allow("https://anybody.example"));

    [Theory]
    [InlineData("https://shop.example", true)]
    [InlineData("http://localhost:3000", true)]
    [InlineData("https://*.shop.example", true)]
    [InlineData("https://shop.example/", false)]
    [InlineData("shop.example", false)]
    [InlineData("https://shop.*", false)]
    [InlineData("ftp://shop.example", false)]
    [InlineData("*", false)]
    public void IsPattern_Text_AcceptsOriginsAndWildcardSubdomains(string text, bool expected) => Assert.Equal(expected, Origins.IsPattern(text));
}
