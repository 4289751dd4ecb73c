using System.Text;
using Xunit;

namespace Cdp.Ingestion.Tests.Receiving;

/// <summary>Compressed bodies.</summary>
[Trait("tier", "integration")]
public sealed class ContentEncodingTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    private const string Batch = """{"batch":[{"type":"track","userId":"u"}]}""";

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    [InlineData("zstd")]
    public async Task Track_CompressedBody_IsInflated(string encoding) =>
        await kafka.Host.PostAsync("/v1/track", Compressed.Of("""{"userId":"u"}"""u8.ToArray(), encoding), encoding: encoding).AssertSuccessAsync();

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    [InlineData("zstd")]
    public async Task Track_BodyNotInItsEncoding_Returns400(string encoding) =>
        await kafka.Host.PostAsync("/v1/track", """{"userId":"u"}""", encoding: encoding).AssertRefusedAsync(400, "invalid_encoding");

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("zstd")]
    public async Task Batch_Bomb_IsRefusedAtTheLimit(string encoding) =>
        await kafka.Host.PostAsync("/v1/batch", Compressed.Of(new byte[100_000_000], encoding), encoding: encoding)
            .AssertRefusedAsync(413, "request_too_large");

    [Theory]
    [InlineData("identity")]
    [InlineData("GZIP", "gzip")]
    [InlineData("x-gzip", "gzip")]
    [InlineData("gzip, identity", "gzip")]
    [InlineData("identity,gzip", "gzip")]
    [InlineData("gzip, gzip", "gzip", "gzip")]
    [InlineData("br,gzip ,, deflate", "br", "gzip", "deflate")]
    public async Task Post_ListOfContentEncodings_IsUndoneFromTheEnd(string header, params string[] encodings) =>
        await SendAsync(header, encodings.Aggregate(Encoding.UTF8.GetBytes(Batch), Compressed.Of)).AssertSuccessAsync();

    [Theory]
    [InlineData("compress")]
    [InlineData("gzip, compress")]
    [InlineData("gzip, gzip, gzip, gzip")]
    public async Task Post_UnknownOrTooManyContentEncodings_IsRefused(string header) =>
        await SendAsync(header, Encoding.UTF8.GetBytes(Batch)).AssertRefusedAsync(415, "unknown_encoding");

    [Fact]
    public async Task Post_NestedBomb_IsRefusedAtTheLimit() =>
        await SendAsync("gzip, gzip", Compressed.Of(Compressed.Of(new byte[100_000_000], "gzip"), "gzip")).AssertRefusedAsync(413, "request_too_large");

    private Task<HttpResponseMessage> SendAsync(string contentEncoding, byte[] body) =>
        kafka.Host.SendAsync(HttpMethod.Post, "/v1/batch?writeKey=WK", new ByteArrayContent(body), $"Content-Encoding: {contentEncoding}");
}
