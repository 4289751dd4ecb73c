using Xunit;

namespace Cdp.Ingestion.Tests.Browser;

[Trait("tier", "integration")]
public sealed class AnonymousIdEndpointTests(BrowserHost host) : IClassFixture<BrowserHost>
{
    private const string Path = "/v1/projects/web/anonymousId";

    [Fact]
    public async Task Put_Id_SetsAnHttpOnlyCookieForOneYear()
    {
        using var response = await PutAsync(
            Path,
            """{"anonymousId":"a/1; é"}""",
            "Origin: https://shop.example",
            "X-Forwarded-Proto: https",
            "Sec-Fetch-Site: same-site");

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(
            "visitor=a%2F1%3B%20%C3%A9; max-age=31536000; domain=shop.example; path=/; secure; samesite=lax; httponly",
            response.Headers.GetValues("Set-Cookie").Single());
        Assert.Equal("https://shop.example", response.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Equal("true", response.Headers.GetValues("Access-Control-Allow-Credentials").Single());
        Assert.Equal("no-store", response.Headers.CacheControl!.ToString());
    }

    [Fact]
    public async Task Put_OverHttpWithoutDomain_SetsAHostOnlyCookieThatIsNotSecure()
    {
        using var response = await PutAsync("/v1/projects/cookie/anonymousId", """{"anonymousId":"a"}""");

        Assert.Equal("cdp_anonymous_id=a; max-age=31536000; path=/; samesite=lax; httponly", response.Headers.GetValues("Set-Cookie").Single());
    }

    [Theory]
    [InlineData("visitor=a%2F1%3B%20%C3%A9", "a/1; é")]
    [InlineData("other=1", null)]
    [InlineData("visitor=", null)]
    public async Task Get_Cookie_ReturnsItsId(string cookie, string? id)
    {
        using var response = await host.SendAsync(HttpMethod.Get, Path, null, $"Cookie: {cookie}");

        Assert.Equal(id, (string?)(await response.ReadJsonAsync())["anonymousId"]);
        Assert.Equal("no-store", response.Headers.CacheControl!.ToString());
        Assert.False(response.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task Delete_Cookie_ExpiresItWithTheSameAttributes()
    {
        using var response = await host.SendAsync(HttpMethod.Delete, Path);

        Assert.Equal("visitor=; max-age=0; domain=shop.example; path=/; samesite=lax; httponly", response.Headers.GetValues("Set-Cookie").Single());
    }

    [Theory]
    [InlineData("", 400, "no_anonymous_id")]
    [InlineData("[]", 400, "no_anonymous_id")]
    [InlineData("""{"anonymousId":""}""", 400, "no_anonymous_id")]
    [InlineData("""{"anonymousId":1}""", 400, "no_anonymous_id")]
    [InlineData("""{"anonymousId":"\ud800"}""", 400, "no_anonymous_id")]
    [InlineData("nonsense", 400, "no_anonymous_id")]
    public async Task Put_InvalidId_IsRefused(string body, int status, string code) => await PutAsync(Path, body).AssertRefusedAsync(status, code);

    [Fact]
    public async Task Put_IdTooLong_IsRefused() =>
        await PutAsync(Path, $$"""{"anonymousId":"{{new string('a', 201)}}"}""").AssertRefusedAsync(400, "no_anonymous_id");

    [Fact]
    public async Task Put_BodyTooLarge_IsRefused() => await PutAsync(Path, new string(' ', 10_000)).AssertRefusedAsync(413, "request_too_large");

    [Theory]
    [InlineData(Path, "Sec-Fetch-Site: cross-site", 403, "cross_site")]
    [InlineData(Path, "Origin: https://other.example", 403, "origin_not_allowed")]
    [InlineData("/v1/projects/own/anonymousId", "Accept: */*", 404, "no_cookie")]
    [InlineData("/v1/projects/server/anonymousId", "Accept: */*", 404, "not_web")]
    [InlineData("/v1/projects/unknown/anonymousId", "Accept: */*", 401, "unknown_write_key")]
    public async Task Put_PageOrSourceNotAllowed_IsRefused(string path, string header, int status, string code) =>
        await PutAsync(path, """{"anonymousId":"a"}""", header).AssertRefusedAsync(status, code);

    [Fact]
    public async Task Preflight_Put_ListsPutAsAllowed()
    {
        using var response = await host.SendAsync(
            HttpMethod.Options,
            Path,
            null,
            "Origin: https://shop.example",
            "Access-Control-Request-Method: PUT",
            "Access-Control-Request-Headers: content-type");

        Assert.Contains("PUT", response.Headers.GetValues("Access-Control-Allow-Methods").Single(), StringComparison.Ordinal);
    }

    private Task<HttpResponseMessage> PutAsync(string path, string body, params string[] headers) => host.SendAsync(HttpMethod.Put, path, body, headers);
}
