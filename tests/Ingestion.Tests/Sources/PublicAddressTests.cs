using Cdp.Ingestion.Sources;
using Xunit;

namespace Cdp.Ingestion.Tests.Sources;

public sealed class PublicAddressTests
{
    [Theory]
    [InlineData(null, null, false, "http://in:8080")]
    [InlineData("https", "shop.example", false, "http://in:8080")]
    [InlineData("https", "shop.example", true, "https://shop.example")]
    [InlineData("https", null, true, "https://in:8080")]
    [InlineData("https", "spoofed.example, shop.example:8443", true, "https://shop.example:8443")]
    [InlineData("gopher", "shop.example/v1", true, "http://in:8080")]
    [InlineData("http", "user@shop.example", true, "http://in:8080")]
    [InlineData("http", "shop.example?", true, "http://in:8080")]
    [InlineData("http", "", true, "http://in:8080")]
    public void Find_ForwardedHeaders_UsesThemFromTrustedProxiesOnly(string? proto, string? host, bool isTrusted, string expected)
    {
        var address = PublicAddress.Find(null, "http", "in:8080", proto, host, isTrusted);

        Assert.Equal(expected, $"{address.Scheme}://{address.Host}");
    }

    [Theory]
    [InlineData("https://events.shop.example", "https", "events.shop.example")]
    [InlineData("https://shop.example/t/", "https", "shop.example/t")]
    [InlineData("http://shop.example:8080", "http", "shop.example:8080")]
    public void Find_ConfiguredAddress_OverridesTheRequest(string configured, string scheme, string host) =>
        Assert.Equal(new PublicAddress(scheme, host), PublicAddress.Find(new Uri(configured), "http", "in", "http", "proxy", isTrusted: true));
}
