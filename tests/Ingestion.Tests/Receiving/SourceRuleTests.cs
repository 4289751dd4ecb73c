using System.Net;
using Xunit;

namespace Cdp.Ingestion.Tests.Receiving;

/// <summary>What a source's file allows: origins, rate and trust.</summary>
[Trait("tier", "integration")]
public sealed class SourceRuleTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    [Fact]
    public async Task Preflight_AnyOrigin_AllowsThePost()
    {
        using var response = await kafka.Host.SendAsync(
            HttpMethod.Options,
            "/v1/t",
            null,
            "Origin: http://shop.example",
            "Access-Control-Request-Method: POST",
            "Access-Control-Request-Headers: anonymousid,authorization");

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(["http://shop.example"], response.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.Equal(["anonymousid,authorization"], response.Headers.GetValues("Access-Control-Allow-Headers"));
        Assert.Equal(["900"], response.Headers.GetValues("Access-Control-Max-Age"));
    }

    [Theory]
    [InlineData("https://shop.example", 200, true)]
    [InlineData("https://other.example", 403, false)]
    [InlineData(null, 200, false)]
    public async Task Track_FromAPage_IsAcceptedFromAllowedOriginsOnly(string? origin, int status, bool mayRead)
    {
        var key = origin is null ? "origins-none" : $"origins-{status}";
        await kafka.Host.AddSourceAsync(key, key, "type: web\norigins: https://shop.example");
        using var response = await kafka.Host.SendAsync(
            HttpMethod.Post,
            $"/v1/track?writeKey={key}",
            new StringContent("""{"userId":"u"}"""),
            origin is null ? [] : [$"Origin: {origin}"]);

        Assert.Equal((status, mayRead), ((int)response.StatusCode, response.Headers.Contains("Access-Control-Allow-Origin")));
    }

    [Fact]
    public async Task Track_OverTheRate_Returns429WithRetryAfter()
    {
        await kafka.Host.AddSourceAsync("slow", "slow", "type: server\nlimits:\n  events_per_second: 1\n  burst: 100");
        var events = string.Join(',', Enumerable.Repeat("""{"type":"track","userId":"u"}""", 120));
        await kafka.Host.PostAsync("/v1/batch", $$"""{"batch":[{{events}}]}""", "slow").AssertSuccessAsync();

        using var response = await kafka.Host.PostAsync("/v1/track", """{"userId":"u"}""", "slow");
        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.InRange(response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 30);
        Assert.Equal(
            """{"success":false,"error":{"code":"too_many_requests","message":"max requests limit reached"}}""",
            await response.ReadTextAsync());
    }

    [Fact]
    public async Task AliasAndBatch_AnySource_WritesItsTrust()
    {
        await kafka.Host.AddSourceAsync("pages", "PAGES", "type: web\nserver_only: [user_traits]");
        const string Alias = """ "userId":"u","previousId":"p" """;
        await kafka.Host.PostAsync("/v1/alias", $$"""{ {{Alias}},"messageId":"of-web"}""", "PAGES").AssertSuccessAsync();
        await kafka.Host.PostAsync("/v1/batch", $$"""{"batch":[{"type":"alias",{{Alias}},"messageId":"of-server"}]}""").AssertSuccessAsync();

        Assert.Equal(("public", "user_traits"), TrustOf("of-web"));
        Assert.Equal(("server", ""), TrustOf("of-server"));

        (string?, string) TrustOf(string messageId)
        {
            var e = kafka.FindCollected(messageId);
            return (e.trust, string.Join(',', e.withheld ?? []));
        }
    }
}
