using Xunit;

namespace Cdp.Ingestion.Tests.Browser;

/// <summary>The settings that the browser SDKs of Segment and RudderStack load, and the metrics that they send.</summary>
[Trait("tier", "integration")]
public sealed class SettingsEndpointTests(BrowserHost host) : IClassFixture<BrowserHost>
{
    [Fact]
    public async Task SegmentSettings_ForwardedRequest_ReturnsTheHostThatTheBrowserSees()
    {
        using var response = await GetAsync(
            "/v1/projects/web/settings",
            "Origin: https://shop.example",
            "X-Forwarded-Proto: https",
            "X-Forwarded-Host: events.shop.example");

        Assert.Equal(
            (200, "application/json", "public, max-age=300"),
            ((int)response.StatusCode, response.Content.Headers.ContentType!.MediaType, response.Headers.CacheControl!.ToString()));
        Assert.Equal(["https://shop.example"], response.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.Contains("Origin", response.Headers.Vary);
        var settings = (await response.ReadJsonAsync())["integrations"]!["Segment.io"]!;
        Assert.Equal(("web", "events.shop.example/v1", "https"), ((string?)settings["apiKey"], (string?)settings["apiHost"], (string?)settings["protocol"]));
    }

    [Fact]
    public async Task SegmentSettings_PublicUrl_ReturnsIt()
    {
        using var response = await GetAsync("/v1/projects/own/settings");

        Assert.Equal("shop.example/t/v1", (string?)(await response.ReadJsonAsync())["integrations"]!["Segment.io"]!["apiHost"]);
    }

    [Theory]
    [InlineData("unknown", 401, "unknown_write_key")]
    [InlineData("web-off", 404, "source_disabled")]
    [InlineData("server", 404, "not_web")]
    [InlineData("hook", 404, "not_web")]
    public async Task SegmentSettings_NoWebSource_IsRefusedUncached(string key, int status, string code) =>
        await AssertRefusedUncachedAsync($"/v1/projects/{key}/settings", status, code);

    [Fact]
    public async Task SegmentSettings_OtherOrigin_IsRefused() =>
        await AssertRefusedUncachedAsync("/v1/projects/web/settings", 403, "origin_not_allowed", "Origin: https://other.example");

    [Theory]
    [InlineData("/sourceConfig/?p=npm&v=3.34.1&build=modern&writeKey=web", "Authorization: Basic d2ViOg==", true)]
    [InlineData("/sourceConfig?writeKey=web", "Accept: application/json", true)]
    [InlineData("/sourceConfig/?writeKey=web-off", "Authorization: Basic d2ViLW9mZjo=", false)]
    public async Task RudderStackSettings_WebSource_ReturnsWhetherItIsEnabled(string path, string header, bool enabled)
    {
        using var response = await GetAsync(path, header);

        Assert.Equal((200, "max-age=300, private"), ((int)response.StatusCode, response.Headers.CacheControl!.ToString()));
        Assert.Equal(enabled, (bool)(await response.ReadJsonAsync())["source"]!["enabled"]!);
    }

    [Theory]
    [InlineData("/sourceConfig/?writeKey=unknown", 401, "unknown_write_key")]
    [InlineData("/sourceConfig/", 401, "no_write_key")]
    [InlineData("/sourceConfig/?writeKey=server", 404, "not_web")]
    public async Task RudderStackSettings_NoWebSource_IsRefused(string path, int status, string code) =>
        await AssertRefusedUncachedAsync(path, status, code);

    [Fact]
    public async Task RudderStackSettings_Preflight_AllowsTheAuthorizationHeader()
    {
        using var response = await host.SendAsync(
            HttpMethod.Options,
            "/sourceConfig/?writeKey=web",
            null,
            "Origin: https://shop.example",
            "Access-Control-Request-Method: GET",
            "Access-Control-Request-Headers: authorization");

        Assert.Equal((204, "authorization"), ((int)response.StatusCode, response.Headers.GetValues("Access-Control-Allow-Headers").Single()));
        Assert.Contains("GET", response.Headers.GetValues("Access-Control-Allow-Methods").Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/m")]
    [InlineData("/rsaMetrics")]
    public async Task SdkMetrics_Post_AcceptsBodiesUpToTheLimit(string path)
    {
        using var accepted = await host.SendAsync(HttpMethod.Post, path, """{"series":[]}""", "Origin: https://shop.example");
        using var tooLarge = await host.SendAsync(HttpMethod.Post, path, new string('x', 100_000));

        Assert.Equal((200, 413), ((int)accepted.StatusCode, (int)tooLarge.StatusCode));
        Assert.True(accepted.Headers.Contains("Access-Control-Allow-Origin"));
    }

    private Task<HttpResponseMessage> GetAsync(string path, params string[] headers) => host.SendAsync(HttpMethod.Get, path, null, headers);

    private async Task AssertRefusedUncachedAsync(string path, int status, string code, params string[] headers)
    {
        using var response = await GetAsync(path, headers);
        await response.AssertRefusedAsync(status, code);
        Assert.Equal("no-store", response.Headers.CacheControl!.ToString());
    }
}
