using System.Net;
using Xunit;

namespace Cdp.Ingestion.Tests.Receiving;

/// <summary>HEAD answers like GET, but without a body, and changes nothing.</summary>
[Trait("tier", "integration")]
public sealed class HeadTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>, IAsyncLifetime
{
    public async ValueTask InitializeAsync()
    {
        kafka.Host.WriteSource("head-web", "head-web", "type: web\ncookie: {}");
        await kafka.Host.AddSourceAsync(
            "head-hook",
            "head-hook",
            "type: webhook\nwebhook: {verify: {scheme: none}}\nmapping: {rules: [{when: {$.type: t}, events: [{type: identify, anonymousId: $.id}]}]}");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    [InlineData("/docs")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/v1/projects/head-web/settings")]
    [InlineData("/v1/projects/unknown/settings")]
    [InlineData("/sourceConfig/?writeKey=head-web")]
    [InlineData("/v1/projects/head-web/anonymousId")]
    [InlineData("/v1/pixel/track?writeKey=WK&data=eyJ1c2VySWQiOiJ1MSIsImV2ZW50IjoiTWFpbCBPcGVuZWQifQ==")]
    [InlineData("/pixel/v1/page?writeKey=WK&anonymousId=7f1c2b9e")]
    [InlineData("/v1/webhook?writeKey=head-hook&type=t&id=c")]
    [InlineData("/v1/webhook?writeKey=unknown&type=t")]
    [InlineData("/nowhere")]
    public async Task Head_AnyPath_ReturnsTheHeadersOfGetWithoutABody(string path)
    {
        using var get = await kafka.Host.Client.GetAsync(path, TestContext.Current.CancellationToken);
        using var head = await kafka.Host.SendAsync(HttpMethod.Head, path);
        Assert.Equal(get.StatusCode, head.StatusCode);
        Assert.Equal(get.Content.Headers.ContentType, head.Content.Headers.ContentType);
        Assert.Equal(Names(get), Names(head));
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Head_AnonymousIdFromAnotherSite_SetsNoCookie()
    {
        using var head = await kafka.Host.SendAsync(HttpMethod.Head, "/v1/projects/head-web/anonymousId", null, "Sec-Fetch-Site: cross-site");
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.False(head.Headers.Contains("Set-Cookie"));
    }

    // Compared without the headers that frame the body: an answer to HEAD may omit them (RFC 9110, section 8.6).
    private static IEnumerable<string> Names(HttpResponseMessage response) =>
        response.Headers.Concat(response.Content.Headers)
            .Select(header => header.Key)
            .Except(["Transfer-Encoding", "Content-Length"])
            .Order(StringComparer.Ordinal);
}
