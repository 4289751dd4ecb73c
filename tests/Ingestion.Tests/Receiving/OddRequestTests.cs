using Cdp.Ingestion.Receiving;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Cdp.Ingestion.Tests.Receiving;

/// <summary>Requests that honest senders send, although they differ from the documentation.</summary>
[Trait("tier", "integration")]
public sealed class OddRequestTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    private const string Batch = """{"batch":[{"type":"track","userId":"u"}]}""";

    [Theory]
    [InlineData("//v1/batch")]
    [InlineData("/v1/batch/")]
    [InlineData("//v1//batch//")]
    [InlineData("/v1/b/")]
    public async Task Post_PathWithExtraSlashes_IsFound(string path) =>
        await kafka.Host.SendAsync(HttpMethod.Post, $"{path}?writeKey=WK", new StringContent(Batch)).AssertSuccessAsync();

    [Theory]
    [InlineData("/", "/")]
    [InlineData("//", "/")]
    [InlineData("/v1/batch", "/v1/batch")]
    [InlineData("//v1///batch//", "/v1/batch/")]
    public void Of_PathWithExtraSlashes_HasSingleSlashes(string path, string expected) =>
        Assert.Equal(expected, RequestPath.Of(new PathString(path)).Value);

    [Theory]
    [InlineData("writeKey=WK&writeKey=WK", 200)]
    [InlineData("writeKey=WK&writeKey=", 200)]
    [InlineData("writeKey=WK&writeKey=other", 401)]
    [InlineData("writeKey=&writeKey=", 401)]
    public async Task Post_WriteKeyTwiceInTheQuery_MustBeTheSame(string query, int status) =>
        await kafka.Host.PostAsync($"/v1/batch?{query}", Batch, key: null).AssertStatusAsync(status);
}
