using Cdp.Ingestion.Sources;
using Xunit;

namespace Cdp.Ingestion.Tests.Sources;

/// <summary>The keys of a source file for web pages: its public address and its cookie.</summary>
public sealed class SourceSectionTests : IDisposable
{
    private readonly SourceFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_ValidSettings_ReturnsAddressAndCookie()
    {
        var (source, errors) = _folder.ReadOne("type: web\npublic_url: https://shop.example/t\ncookie: { name: visitor, domain: shop.example }");

        Assert.Empty(errors);
        Assert.Equal((new Uri("https://shop.example/t"), new FirstPartyCookie("visitor", "shop.example")), (source.PublicUrl, source.Cookie));
    }

    [Fact]
    public void Read_EmptyCookie_UsesTheDefaultName() =>
        Assert.Equal(new FirstPartyCookie("cdp_anonymous_id", null), _folder.ReadOne("type: web\ncookie: {}").Source.Cookie);

    [Fact]
    public void Read_NoCookie_ReturnsNone() => Assert.Null(_folder.ReadOne("type: web").Source.Cookie);

    [Theory]
    [InlineData("cookie: { name: a b }", "'a b' is not a valid cookie name")]
    [InlineData("cookie: { domain: https://shop.example }", "'https://shop.example' is not a domain")]
    [InlineData("cookie: { domain: shop }", "'shop' is not a domain")]
    [InlineData("cookie: { name: __Host-id, domain: shop.example }", "a cookie whose name begins with __Host-")]
    [InlineData("cookie: { secure: true }", "'secure' is not a known key")]
    [InlineData("public_url: shop.example", "'shop.example' is not an http or https address")]
    [InlineData("public_url: https://shop.example/?a", "'https://shop.example/?a' is not an http or https address")]
    public void Read_InvalidValue_ReportsTheLine(string line4, string fault) =>
        Assert.Contains($"0.yaml:4: {fault}", Assert.Single(_folder.ReadOne($"type: web\n{line4}").Errors), StringComparison.Ordinal);

    [Fact]
    public void Read_CookieOfAServerSource_ReportsAnError() =>
        Assert.Contains(
            "'cookie' is only for sources of type web", Assert.Single(_folder.ReadOne("type: server\ncookie: {}").Errors), StringComparison.Ordinal);
}
