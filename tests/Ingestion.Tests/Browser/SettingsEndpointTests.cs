using System.Text.Json.Nodes;
using Xunit;

namespace Cdp.Ingestion.Tests.Browser;

public sealed class SettingsEndpointTests(BrowserHost host) : IClassFixture<BrowserHost>
{
    [Fact]
    public async Task Segment_Source_IsToldTheHostThatTheBrowserSees()
    {
        using var response = await GetAsync("/v1/projects/web/settings", "Origin: https://shop.example", "X-Forwarded-Proto: https", "X-Forwarded-Host: events.shop.example");

        Assert.Equal((200, "application/json", "public, max-age=300"), ((int)response.StatusCode, response.Content.Headers.ContentType!.MediaType, response.Headers.CacheControl!.ToString()));
        Assert.Equal(["https://shop.example"], response.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.Contains("Origin", response.Headers.Vary);
        var settings = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["integrations"]!["Segment.io"]!;
        Assert.Equal(("web", "events.shop.example/v1", "https"), ((string?)settings["apiKey"], (string?)settings["apiHost"], (string?)settings["protocol"]));
    }

    [Fact]
    public async Task Segment_PublicUrl_IsTold()
    {
        using var response = await GetAsync("/v1/projects/own/settings");

        Assert.Contains("\"apiHost\":\"shop.example/t/v1\"", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unknown", 401, "unknown_write_key")]
    [InlineData("web-off", 404, "source_disabled")]
    [InlineData("server", 404, "not_web")]
    [InlineData("hook", 404, "not_web")]
    public async Task Segment_NoWebSource_IsRefusedAndNotCached(string key, int status, string code) => await AssertRefusedAsync(await GetAsync($"/v1/projects/{key}/settings"), status, code);

    [Fact]
    public async Task Segment_OtherOrigin_IsRefused() => await AssertRefusedAsync(await GetAsync("/v1/projects/web/settings", "Origin: https://other.example"), 403, "origin_not_allowed");

    [Theory]
    [InlineData("/sourceConfig/?p=npm&v=3.34.1&build=modern&writeKey=web", "Authorization: Basic d2ViOg==", true)]
    [InlineData("/sourceConfig?writeKey=web", "Accept: application/json", true)]
    [InlineData("/sourceConfig/?writeKey=web-off", "Authorization: Basic d2ViLW9mZjo=", false)]
    public async Task RudderStack_Source_IsDescribed(string path, string header, bool enabled)
    {
        using var response = await GetAsync(path, header);

        Assert.Equal((200, "max-age=300, private"), ((int)response.StatusCode, response.Headers.CacheControl!.ToString()));
        Assert.Equal(enabled, (bool)JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["source"]!["enabled"]!);
    }

    [Theory]
    [InlineData("/sourceConfig/?writeKey=unknown", 401, "unknown_write_key")]
    [InlineData("/sourceConfig/", 401, "no_write_key")]
    [InlineData("/sourceConfig/?writeKey=server", 404, "not_web")]
    public async Task RudderStack_NoWebSource_IsRefused(string path, int status, string code) => await AssertRefusedAsync(await GetAsync(path), status, code);

    [Fact]
    public async Task RudderStack_Preflight_AllowsTheAuthorization()
    {
        using var response = await host.SendAsync(HttpMethod.Options, "/sourceConfig/?writeKey=web", null, "Origin: https://shop.example", "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: authorization");

        Assert.Equal((204, "authorization"), ((int)response.StatusCode, response.Headers.GetValues("Access-Control-Allow-Headers").Single()));
        Assert.Contains("GET", response.Headers.GetValues("Access-Control-Allow-Methods").Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/m")]
    [InlineData("/rsaMetrics")]
    public async Task Metrics_OfTheSdk_AreTakenUpToALimit(string path)
    {
        using var taken = await host.SendAsync(HttpMethod.Post, path, """{"series":[]}""", "Origin: https://shop.example");
        using var tooLarge = await host.SendAsync(HttpMethod.Post, path, new string('x', 100_000));

        Assert.Equal((200, 413), ((int)taken.StatusCode, (int)tooLarge.StatusCode));
        Assert.True(taken.Headers.Contains("Access-Control-Allow-Origin"));
    }

    private Task<HttpResponseMessage> GetAsync(string path, params string[] headers) => host.SendAsync(HttpMethod.Get, path, null, headers);

    private static async Task AssertRefusedAsync(HttpResponseMessage response, int status, string code)
    {
        using (response)
        {
            Assert.Equal((status, "no-store"), ((int)response.StatusCode, response.Headers.CacheControl!.ToString()));
            Assert.Equal(code, (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["error"]!["code"]);
        }
    }
}
