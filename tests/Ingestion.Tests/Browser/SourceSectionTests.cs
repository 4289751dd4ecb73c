using Cdp.Ingestion.Browser;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Sources;
using Xunit;

namespace Cdp.Ingestion.Tests.Browser;

/// <summary>What a source's file says of its pages.</summary>
public sealed class SourceSectionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sources-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Read_Good_GivesAddressAndCookie()
    {
        var (source, errors) = Read("public_url: https://shop.example/t\ncookie: { name: visitor, domain: shop.example }");

        Assert.Empty(errors);
        Assert.Equal((new Uri("https://shop.example/t"), new FirstPartyCookie("visitor", "shop.example")), (source.PublicUrl, source.Cookie));
    }

    [Fact]
    public void Read_EmptyCookie_HasItsDefaultName() => Assert.Equal(new FirstPartyCookie("cdp_anonymous_id", null), Read("cookie: {}").Source.Cookie);

    [Fact]
    public void Read_Nothing_IsNoCookie() => Assert.Null(Read("").Source.Cookie);

    [Theory]
    [InlineData("cookie: { name: a b }", "'a b' cannot name a cookie")]
    [InlineData("cookie: { domain: https://shop.example }", "'https://shop.example' is not a domain")]
    [InlineData("cookie: { domain: shop }", "'shop' is not a domain")]
    [InlineData("cookie: { name: __Host-id, domain: shop.example }", "a cookie whose name begins with __Host-")]
    [InlineData("cookie: { secure: true }", "'secure' is not a key here")]
    [InlineData("public_url: shop.example", "'shop.example' is not an address")]
    [InlineData("public_url: https://shop.example/?a", "'https://shop.example/?a' is not an address")]
    public void Read_Bad_IsToldWithItsLine(string rest, string fault) => Assert.Contains($"a.yaml:4: {fault}", Assert.Single(Read(rest).Errors), StringComparison.Ordinal);

    [Fact]
    public void Read_CookieOfAServersSource_IsAFault() => Assert.Contains("'cookie' is for sources of type web", Assert.Single(Read("cookie: {}", "server").Errors), StringComparison.Ordinal);

    private (Source Source, List<string> Errors) Read(string rest, string type = "web")
    {
        File.WriteAllText(Path.Combine(_folder, "a.yaml"), $"id: a\ntype: {type}\nwrite_keys: {WriteKeys.Hash("k")}\n{rest}\n");
        var errors = new List<string>();
        return (Assert.Single(SourceFiles.Read([_folder], new LimitOptions(), errors)), errors);
    }
}
