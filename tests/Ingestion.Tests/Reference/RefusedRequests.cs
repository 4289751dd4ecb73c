using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace Cdp.Ingestion.Tests.Reference;

/// <summary>Requests that the service refuses.</summary>
internal static class RefusedRequests
{
    /// <summary>A request for each code that no example of the document provokes.</summary>
    public static Dictionary<string, Func<HttpRequestMessage>> ByCode { get; } = new()
    {
        ["empty_body"] = () => Post("/v1/track", ""),
        ["invalid_json"] = () => Post("/v1/track", """{"userId":"u1",x}"""),
        ["invalid_utf8"] = () => Post("/v1/track", [.. "{\"userId\":\"u\",\"properties\":{\"a\":\""u8, 0xFF, .. "\"}}"u8]),
        ["invalid_encoding"] = () => WithEncoding(Post("/v1/track", """{"userId":"u"}"""), "gzip"),
        ["unknown_encoding"] = () => WithEncoding(Post("/v1/track", """{"userId":"u"}"""), "compress"),
        ["not_an_event"] = () => Post("/v1/track", "[]"),
        ["too_deep"] = () => Post("/v1/track", $$$"""{"userId":"u","properties":{"a":{{{new string('[', 70)}}}{{{new string(']', 70)}}}}}"""),
        ["unusable_text"] = () => Post("/v1/track", """{"userId":"a\u0000"}"""),
        ["identifier_too_long"] = () => Post("/v1/track", $$"""{"userId":"{{new string('u', 513)}}"}"""),
        ["message_id_too_long"] = () => Post("/v1/track", $$"""{"userId":"u","messageId":"{{new string('m', 101)}}"}"""),
        ["event_too_large"] = () => Post("/v1/track", $$$"""{"userId":"u","properties":{"a":"{{{new string('x', 33_000)}}}"}}"""),
        ["request_too_large"] = () => Post("/v1/track", new byte[5_000_000]),
        ["too_many_events"] = () => Post("/v1/batch", $$"""{"batch":[{{string.Join(',', Enumerable.Repeat("{}", 2501))}}]}"""),
        ["too_many_fields"] = () => AsForm(Post("/v1/webhook?writeKey=hook", new string('&', 10_000), key: null)),
        ["no_write_key"] = () => Post("/v1/track", """{"userId":"u"}""", key: null),
        ["unknown_write_key"] = () => Post("/v1/track", """{"userId":"u"}""", "nobody"),
        ["source_disabled"] = () => Post("/v1/track", """{"userId":"u"}""", "OFF"),
        ["only_webhooks"] = () => Post("/v1/track", """{"userId":"u"}""", "hook"),
        ["origin_not_allowed"] = () => WithHeader(Post("/v1/track", """{"userId":"u"}""", "web"), "Origin", "https://other.example"),
        ["too_many_requests"] = () => Post("/v1/track", """{"userId":"u"}""", "slow"),
        ["no_webhooks"] = () => Post("/v1/webhook", "{}"),
        ["no_signature"] = () => Post("/v1/webhook", "{}", "github"),
        ["bad_signature"] = () => WithHeader(Post("/v1/webhook", "{}", "github"), "X-Hub-Signature-256", $"sha256={new string('0', 64)}"),
        ["stale_signature"] = () => WithHeader(
            Post("/v1/webhook", "{}", "stripe"),
            "Stripe-Signature",
            $"t=1,v1={Convert.ToHexStringLower(HMACSHA256.HashData("s"u8, "1.{}"u8))}"),
        ["no_secret"] = () => Post("/v1/webhook", "{}", "token"),
        ["bad_secret"] = () => WithHeader(Post("/v1/webhook", "{}", "token"), "X-Token", "other"),
        ["not_web"] = () => new HttpRequestMessage(HttpMethod.Get, "/sourceConfig?writeKey=WK"),
        ["no_cookie"] = () => new HttpRequestMessage(HttpMethod.Get, "/v1/projects/plain/anonymousId"),
        ["cross_site"] = () => WithHeader(new HttpRequestMessage(HttpMethod.Delete, "/v1/projects/web/anonymousId"), "Sec-Fetch-Site", "cross-site"),
        ["import_not_allowed"] = () => Post("/v1/import/file?fileId=f&format=csv", "", "web"),
        ["invalid_import"] = () => Post("/v1/import/file?format=csv", ""),
        ["no_anonymous_id"] = () => new HttpRequestMessage(HttpMethod.Put, "/v1/projects/web/anonymousId") { Content = new StringContent("{}") },
    };

    public static HttpRequestMessage Post(string path, string body, string? key = "WK") => Post(path, Encoding.UTF8.GetBytes(body), key);

    private static HttpRequestMessage Post(string path, byte[] body, string? key = "WK")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        if (key is not null) request.Headers.Authorization = IngestionHost.BasicAuthentication(key);
        return request;
    }

    private static HttpRequestMessage WithHeader(HttpRequestMessage request, string header, string value)
    {
        request.Headers.TryAddWithoutValidation(header, value);
        return request;
    }

    private static HttpRequestMessage AsForm(HttpRequestMessage request)
    {
        request.Content!.Headers.ContentType = new MediaTypeHeaderValue("application/x-www-form-urlencoded");
        return request;
    }

    private static HttpRequestMessage WithEncoding(HttpRequestMessage request, string encoding)
    {
        request.Content!.Headers.ContentEncoding.Add(encoding);
        return request;
    }
}
