using System.Net;
using System.Text.Json.Nodes;
using Cdp.Ingestion.Reference;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cdp.Ingestion.Tests.Reference;

/// <summary>Compares the OpenAPI document with the running service: it serves and answers exactly what is documented.</summary>
[Trait("tier", "integration")]
public sealed class RunningReferenceTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>, IAsyncLifetime
{
    private const string Web = "type: web\norigins: https://shop.example\ncookie: {}";
    private const string Mapping = "mapping: {rules: [{when: {$.type: customer.created}, events: [{type: identify, anonymousId: $.data.id}]}]}";

    public async ValueTask InitializeAsync()
    {
        kafka.Host.WriteSource("web", "web", Web);
        kafka.Host.WriteSource("plain", "plain", "type: web");
        (string Id, string Verify)[] webhooks =
        [
            ("hook", "{scheme: none}"),
            ("github", "{scheme: github, secret: s}"),
            ("stripe", "{scheme: stripe, secret: s}"),
            ("token", "{scheme: secret, header: X-Token, secret: s}"),
        ];
        foreach (var (id, verify) in webhooks)
        {
            kafka.Host.WriteSource(id, id, $"type: webhook\nwebhook: {{verify: {verify}}}\n{Mapping}");
        }
        // Sources are read together, so all of them are known when the last one is.
        await kafka.Host.AddSourceAsync("slow", "slow", "type: server\nlimits: {events_per_second: 1, burst: 1}");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public void Routes_All_AreExactlyThoseDocumented()
    {
        var mapped = (from endpoint in kafka.Host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
                      from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]
                      // Preflights and HEAD are documented once for all paths.
                      where method is not ("OPTIONS" or "HEAD")
                      select $"{method} {endpoint.RoutePattern.RawText!.TrimEnd('/')}").ToList();
        var described = OpenApiReference.Document.Operations()
            .SelectMany(operation => OpenApiReference.Expand(operation).Select(path => $"{operation.Method} {path}"))
            .ToList();

        Assert.Equal(described.Order(StringComparer.Ordinal), mapped.Order(StringComparer.Ordinal));
    }

    public static TheoryData<string, string> Examples =>
    [
        .. from operation in OpenApiReference.Document.Operations()
           from example in operation.Content.Members("requestBody", "content", "application/json", "examples")
           select (operation.Id, example.Name),
    ];

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task Examples_Sent_AreAnsweredAsDocumented(string id, string name)
    {
        var operation = OpenApiReference.Document.Operations().Single(operation => operation.Id == id);
        var example = operation.Content.Find("requestBody", "content", "application/json", "examples", name)!.Value;
        var (path, key) = id == "webhook"
            ? ($"{operation.Path}?writeKey=hook", null)
            : (operation.Path.Replace("{letter}", "t").Replace("{writeKey}", "web"), "WK");
        using var request = new HttpRequestMessage(new HttpMethod(operation.Method), path)
        {
            Content = new StringContent(example.Find("value")!.Value.GetRawText().Replace("WRITE_KEY", "WK")),
        };
        if (key is not null && example.Find("value", "writeKey") is null) request.Headers.Authorization = IngestionHost.BasicAuthentication(key);

        await AssertAnswerAsync(operation, example.Text("x-answer") is { Length: > 0 } answer ? answer : "success", request);
    }

    public static TheoryData<string> RefusedCodes => [.. RefusedRequests.ByCode.Keys];

    [Theory]
    [MemberData(nameof(RefusedCodes))]
    public async Task Refusals_Provoked_AreAnsweredAsDocumented(string code)
    {
        using var request = RefusedRequests.ByCode[code]();
        var path = request.RequestUri!.OriginalString.Split('?')[0];
        var operation = OpenApiReference.Document.Operations().Single(
            operation => operation.Method == request.Method.Method
                && operation.Path == path.Replace("/web/", "/{writeKey}/").Replace("/plain/", "/{writeKey}/"));
        if (code == "too_many_requests")
        {
            await kafka.Host.PostAsync(
                "/v1/batch",
                """{"batch":[{"type":"track","userId":"u"},{"type":"track","userId":"u"},{"type":"track","userId":"u"}]}""",
                "slow");
        }

        await AssertAnswerAsync(operation, code, request);
    }

    [Fact]
    public async Task Unavailable_KafkaUnreachable_IsAnsweredAsDocumented()
    {
        await using var host = await IngestionHost.StartWithoutKafkaAsync();
        using var request = RefusedRequests.Post("/v1/track", """{"userId":"u"}""");

        await AssertAnswerAsync(OpenApiReference.Document.Operations().Single(operation => operation.Id == "track"), "unavailable", request, host);
    }

    [Fact]
    public void Codes_All_AreProvokedByATest()
    {
        var examples = OpenApiReference.Document.Operations()
            .SelectMany(operation => operation.Content.Members("requestBody", "content", "application/json", "examples"))
            .Select(example => example.Value.Text("x-answer"));
        Assert.Empty(
            OpenApiReference.Codes.Except(examples)
                .Except(RefusedRequests.ByCode.Keys)
                .Except(["unavailable"])
                .Except(OpenApiReference.CodesWithoutOperation)
                .Except(CodesOfImports));
    }

    [Theory]
    [InlineData("/v1/projects/web/settings", "application/json")]
    [InlineData("/sourceConfig/?writeKey=web", "application/json")]
    [InlineData("/v1/projects/web/anonymousId", "application/json")]
    [InlineData("/v1/pixel/track?writeKey=WK&data=eyJ1c2VySWQiOiJ1MSIsImV2ZW50IjoiTWFpbCBPcGVuZWQifQ==", "image/gif")]
    [InlineData("/pixel/v1/track?writeKey=WK&anonymousId=7f1c2b9e&event=Mail%20Opened", "image/gif")]
    [InlineData("/v1/webhook?writeKey=hook&type=customer.created", "application/json")]
    [InlineData("/health/live", null)]
    [InlineData("/health/ready", null)]
    [InlineData("/openapi/v1.json", "application/json")]
    [InlineData("/docs", "text/html")]
    public async Task GetOperations_Called_ReturnTheDocumentedContentType(string path, string? contentType)
    {
        var plain = path.Split('?')[0].TrimEnd('/').Replace("/web/", "/{writeKey}/").Replace("/track", "/{type}");
        using var response = await kafka.Host.Client.GetAsync(path, TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, contentType), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.False(response.Headers.Contains("X-Refused"));
        Assert.Equal(
            contentType,
            OpenApiReference.Document.Resolve(OpenApiReference.Document.Find("paths", plain, "get", "responses", "200")!.Value)
                .Members("content")
                .Select(content => content.Name)
                .SingleOrDefault());
    }

    [Fact]
    public async Task Document_Get_IsServedUnchangedWithAnETag()
    {
        using var response = await kafka.Host.Client.GetAsync("/openapi/v1.json", TestContext.Current.CancellationToken);
        Assert.Equal(OpenApiReference.Text, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

        using var again = new HttpRequestMessage(HttpMethod.Get, "/openapi/v1.json");
        again.Headers.IfNoneMatch.Add(response.Headers.ETag!);
        using var unchanged = await kafka.Host.Client.SendAsync(again, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    [Fact]
    public async Task Page_Get_ForbidsAllContentByPolicy()
    {
        using var response = await kafka.Host.Client.GetAsync("/docs", TestContext.Current.CancellationToken);

        Assert.StartsWith("default-src 'none'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    // Codes that only certain files or an outage provoke. The tests of imports cover them.
    private static readonly string[] CodesOfImports =
    [
        "invalid_csv_header", "invalid_csv", "csv_columns", "invalid_value", "unclosed_quote", "invalid_parquet", "invalid_parquet_columns", "pages_too_large",
        "file_too_large", "no_space", "not_mapped", "unreadable_time", "broken_off", "none_accepted", "file_changed", "settings_changed", "taken_over",
        "kafka_away", "stopping", "too_many_imports",
    ];

    // Checks that status, body and headers are those that the document shows under this name.
    private async Task AssertAnswerAsync(Operation operation, string answer, HttpRequestMessage request, IngestionHost? host = null)
    {
        var (status, response, body) = (from described in operation.Content.Members("responses")
                                        from shown in OpenApiReference.Answers(described.Value)
                                        where shown.Name == answer
                                        select (described.Name, OpenApiReference.Document.Resolve(described.Value), shown.Body)).Single();
        using var sent = await (host ?? kafka.Host).Client.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await sent.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal((status, JsonNode.Parse(body.GetRawText())!.ToJsonString()), ($"{(int)sent.StatusCode}", JsonNode.Parse(text)!.ToJsonString()));
        Assert.All(response.Members("headers"), header => Assert.True(sent.Headers.Contains(header.Name), $"{header.Name} is missing"));
        Assert.Equal(response.Find("headers", "Retry-After") is not null, sent.Headers.RetryAfter is not null);
    }
}
