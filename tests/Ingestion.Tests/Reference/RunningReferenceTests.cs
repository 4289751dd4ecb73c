using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cdp.Ingestion.Reference;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cdp.Ingestion.Tests.Reference;

/// <summary>Holds the document against the service as it runs: what is described is served and answered so, and nothing else is.</summary>
public sealed class RunningReferenceTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>, IAsyncLifetime
{
    private const string Web = "type: web\norigins: https://shop.example\ncookie: {}";
    private const string Placed = "mapping: {rules: [{when: {$.type: customer.created}, events: [{type: identify, anonymousId: $.data.id}]}]}";

    public async ValueTask InitializeAsync()
    {
        kafka.Host.WriteSource("web", "web", Web);
        kafka.Host.WriteSource("plain", "plain", "type: web");
        kafka.Host.WriteSource("slow", "slow", "type: server\nlimits: {events_per_second: 1, burst: 1}");
        foreach (var (id, verify) in new[] { ("hook", "{scheme: none}"), ("github", "{scheme: github, secret: s}"), ("stripe", "{scheme: stripe, secret: s}"), ("token", "{scheme: secret, header: X-Token, secret: s}") })
        {
            kafka.Host.WriteSource(id, id, $"type: webhook\nwebhook: {{verify: {verify}}}\n{Placed}");
        }
        await kafka.Host.UntilAsync(HttpStatusCode.OK, () => kafka.Host.PostAsync("/v1/webhook?writeKey=hook", """{"type":"customer.created","data":{"id":"c"}}""", key: null));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public void Routes_EveryOne_IsDescribedAndNoOther()
    {
        var mapped = (from endpoint in kafka.Host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
                      from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]
                      // The preflight, which is told of once for all.
                      where method != "OPTIONS"
                      select $"{method} {endpoint.RoutePattern.RawText!.TrimEnd('/')}").ToList();
        var described = Reference.Document.Operations().SelectMany(operation => Reference.Expand(operation).Select(path => $"{operation.Method} {path}")).ToList();

        Assert.Equal(described.Order(StringComparer.Ordinal), mapped.Order(StringComparer.Ordinal));
    }

    public static TheoryData<string, string> Examples =>
    [
        .. from operation in Reference.Document.Operations()
           from example in operation.Content.Members("requestBody", "content", "application/json", "examples")
           select (operation.Id, example.Name),
    ];

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task Examples_Sent_AreAnsweredAsTheySay(string id, string name)
    {
        var operation = Reference.Document.Operations().Single(operation => operation.Id == id);
        var example = operation.Content.Find("requestBody", "content", "application/json", "examples", name)!.Value;
        var (path, key) = id == "webhook" ? ($"{operation.Path}?writeKey=hook", null) : (operation.Path.Replace("{letter}", "t").Replace("{writeKey}", "web"), "WK");
        using var request = new HttpRequestMessage(new HttpMethod(operation.Method), path) { Content = new StringContent(example.Find("value")!.Value.GetRawText().Replace("WRITE_KEY", "WK")) };
        if (key is not null && example.Find("value", "writeKey") is null) request.Headers.Authorization = Basic(key);

        await AssertAnswerAsync(operation, example.Text("x-answer") is { Length: > 0 } answer ? answer : "success", request);
    }

    public static TheoryData<string> RefusedCodes => [.. Refused().Keys];

    [Theory]
    [MemberData(nameof(RefusedCodes))]
    public async Task Refusals_Provoked_AreAnsweredAsTheySay(string code)
    {
        using var request = Refused()[code]();
        var path = request.RequestUri!.OriginalString.Split('?')[0];
        var operation = Reference.Document.Operations().Single(operation => operation.Method == request.Method.Method && operation.Path == path.Replace("/web/", "/{writeKey}/").Replace("/plain/", "/{writeKey}/"));
        if (code == "too_many_requests") await kafka.Host.PostAsync("/v1/batch", """{"batch":[{"type":"track","userId":"u"},{"type":"track","userId":"u"},{"type":"track","userId":"u"}]}""", "slow");

        await AssertAnswerAsync(operation, code, request);
    }

    [Fact]
    public async Task Unavailable_Provoked_IsAnsweredAsItSays()
    {
        await using var host = await IngestionHost.StartAsync("127.0.0.1:9", "http://127.0.0.1:9");
        using var request = Post("/v1/track", """{"userId":"u"}""");

        await AssertAnswerAsync(Reference.Document.Operations().Single(operation => operation.Id == "track"), "unavailable", request, host);
    }

    [Fact]
    public void Codes_EveryOne_IsProvokedByATest()
    {
        var examples = Reference.Document.Operations().SelectMany(operation => operation.Content.Members("requestBody", "content", "application/json", "examples")).Select(example => example.Value.Text("x-answer"));
        Assert.Empty(Reference.Codes.Except(examples).Except(Refused().Keys).Except(["unavailable"]).Except(Reference.OfNoOperation).Except(OfWholeImports));
    }

    [Theory]
    [InlineData("/v1/projects/web/settings", "application/json")]
    [InlineData("/sourceConfig/?writeKey=web", "application/json")]
    [InlineData("/v1/projects/web/anonymousId", "application/json")]
    [InlineData("/v1/pixel/track?writeKey=WK&data=eyJ1c2VySWQiOiJ1MSIsImV2ZW50IjoiTWFpbCBPcGVuZWQifQ==", "image/gif")]
    [InlineData("/pixel/v1/track?writeKey=WK&anonymousId=7f1c2b9e&event=Mail%20Opened", "image/gif")]
    [InlineData("/v1/webhook?writeKey=hook&type=customer.created", "application/json")]
    [InlineData("/health/live", null)]
    [InlineData("/health/ready", "application/json")]
    [InlineData("/metrics", "text/plain")]
    [InlineData("/openapi/v1.json", "application/json")]
    [InlineData("/docs", "text/html")]
    public async Task Questions_Asked_AreAnsweredInTheFormThatIsSaid(string path, string? contentType)
    {
        var plain = path.Split('?')[0].TrimEnd('/').Replace("/web/", "/{writeKey}/").Replace("/track", "/{type}");
        using var response = await kafka.Host.Client.GetAsync(path, TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, contentType), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.False(response.Headers.Contains("X-Refused"));
        Assert.Equal(contentType, Reference.Document.Resolve(Reference.Document.Find("paths", plain, "get", "responses", "200")!.Value).Members("content").Select(content => content.Name).SingleOrDefault());
    }

    [Fact]
    public async Task Document_Asked_IsServedAsItIsAndOnce()
    {
        using var response = await kafka.Host.Client.GetAsync("/openapi/v1.json", TestContext.Current.CancellationToken);
        Assert.Equal(Reference.Text, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

        using var again = new HttpRequestMessage(HttpMethod.Get, "/openapi/v1.json");
        again.Headers.IfNoneMatch.Add(response.Headers.ETag!);
        using var unchanged = await kafka.Host.Client.SendAsync(again, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    [Fact]
    public async Task Page_Asked_MayRunNothing()
    {
        using var response = await kafka.Host.Client.GetAsync("/docs", TestContext.Current.CancellationToken);

        Assert.StartsWith("default-src 'none'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    // What only a file or an outage brings about; the tests of imports do.
    private static readonly string[] OfWholeImports =
    [
        "invalid_csv_header", "invalid_csv", "csv_columns", "invalid_value", "unclosed_quote", "invalid_parquet", "invalid_parquet_columns", "pages_too_large", "file_too_large",
        "no_space", "not_mapped", "unreadable_time", "broken_off", "file_changed", "taken_over", "kafka_away", "stopping", "too_many_imports",
    ];

    // A request for each code that no example of the document provokes.
    private static Dictionary<string, Func<HttpRequestMessage>> Refused() => new()
    {
        ["empty_body"] = () => Post("/v1/track", ""),
        ["invalid_json"] = () => Post("/v1/track", "{"),
        ["invalid_utf8"] = () => Post("/v1/track", [.. "{\"userId\":\"u\",\"properties\":{\"a\":\""u8, 0xFF, .. "\"}}"u8]),
        ["invalid_encoding"] = () => Encoded(Post("/v1/track", """{"userId":"u"}"""), "gzip"),
        ["unknown_encoding"] = () => Encoded(Post("/v1/track", """{"userId":"u"}"""), "compress"),
        ["not_an_event"] = () => Post("/v1/track", "[]"),
        ["too_deep"] = () => Post("/v1/track", $$$"""{"userId":"u","properties":{"a":{{{new string('[', 70)}}}{{{new string(']', 70)}}}}}"""),
        ["unusable_text"] = () => Post("/v1/track", """{"userId":"a\u0000"}"""),
        ["message_id_too_long"] = () => Post("/v1/track", $$"""{"userId":"u","messageId":"{{new string('m', 101)}}"}"""),
        ["event_too_large"] = () => Post("/v1/track", $$$"""{"userId":"u","properties":{"a":"{{{new string('x', 33_000)}}}"}}"""),
        ["request_too_large"] = () => Post("/v1/track", new byte[5_000_000]),
        ["too_many_events"] = () => Post("/v1/batch", $$"""{"batch":[{{string.Join(',', Enumerable.Repeat("{}", 2501))}}]}"""),
        ["no_write_key"] = () => Post("/v1/track", """{"userId":"u"}""", key: null),
        ["unknown_write_key"] = () => Post("/v1/track", """{"userId":"u"}""", "nobody"),
        ["source_disabled"] = () => Post("/v1/track", """{"userId":"u"}""", "OFF"),
        ["only_webhooks"] = () => Post("/v1/track", """{"userId":"u"}""", "hook"),
        ["origin_not_allowed"] = () => With(Post("/v1/track", """{"userId":"u"}""", "web"), "Origin", "https://other.example"),
        ["too_many_requests"] = () => Post("/v1/track", """{"userId":"u"}""", "slow"),
        ["no_webhooks"] = () => Post("/v1/webhook", "{}"),
        ["no_signature"] = () => Post("/v1/webhook", "{}", "github"),
        ["bad_signature"] = () => With(Post("/v1/webhook", "{}", "github"), "X-Hub-Signature-256", $"sha256={new string('0', 64)}"),
        ["stale_signature"] = () => With(Post("/v1/webhook", "{}", "stripe"), "Stripe-Signature", $"t=1,v1={Convert.ToHexStringLower(HMACSHA256.HashData("s"u8, "1.{}"u8))}"),
        ["no_secret"] = () => Post("/v1/webhook", "{}", "token"),
        ["bad_secret"] = () => With(Post("/v1/webhook", "{}", "token"), "X-Token", "other"),
        ["not_web"] = () => new HttpRequestMessage(HttpMethod.Get, "/sourceConfig?writeKey=WK"),
        ["no_cookie"] = () => new HttpRequestMessage(HttpMethod.Get, "/v1/projects/plain/anonymousId"),
        ["cross_site"] = () => With(new HttpRequestMessage(HttpMethod.Delete, "/v1/projects/web/anonymousId"), "Sec-Fetch-Site", "cross-site"),
        ["import_not_allowed"] = () => Post("/v1/import/file?fileId=f&format=csv", "", "web"),
        ["invalid_import"] = () => Post("/v1/import/file?format=csv", ""),
        ["no_anonymous_id"] = () => new HttpRequestMessage(HttpMethod.Put, "/v1/projects/web/anonymousId") { Content = new StringContent("{}") },
    };

    private static HttpRequestMessage Post(string path, string body, string? key = "WK") => Post(path, Encoding.UTF8.GetBytes(body), key);

    private static HttpRequestMessage Post(string path, byte[] body, string? key = "WK")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        if (key is not null) request.Headers.Authorization = Basic(key);
        return request;
    }

    private static AuthenticationHeaderValue Basic(string key) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(key + ":")));

    private static HttpRequestMessage With(HttpRequestMessage request, string header, string value)
    {
        request.Headers.TryAddWithoutValidation(header, value);
        return request;
    }

    private static HttpRequestMessage Encoded(HttpRequestMessage request, string encoding)
    {
        request.Content!.Headers.ContentEncoding.Add(encoding);
        return request;
    }

    // The status, the body and the headers, all as the document says under this name.
    private async Task AssertAnswerAsync(Operation operation, string answer, HttpRequestMessage request, IngestionHost? host = null)
    {
        var (status, response, body) = (from described in operation.Content.Members("responses")
                                        from shown in Reference.Answers(described.Value)
                                        where shown.Name == answer
                                        select (described.Name, Reference.Document.Resolve(described.Value), shown.Body)).Single();
        using var sent = await (host ?? kafka.Host).Client.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await sent.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal((status, JsonNode.Parse(body.GetRawText())!.ToJsonString()), ($"{(int)sent.StatusCode}", JsonNode.Parse(text)!.ToJsonString()));
        Assert.All(response.Members("headers"), header => Assert.True(sent.Headers.Contains(header.Name), $"{header.Name} is missing"));
        Assert.Equal(response.Find("headers", "Retry-After") is not null, sent.Headers.RetryAfter is not null);
    }
}
