using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using Cdp.Local.Demo;
using Cdp.Local.Stack;
using OpenTelemetry;
using OpenTelemetry.Trace;
using Xunit;

namespace Cdp.Local.Tests.Stack;

/// <summary>Five services in one process: each reports metrics and traces under its own name, and no value chosen by a sender becomes a label.</summary>
[Trait("tier", "integration")]
public sealed partial class TelemetryTests : IAsyncLifetime
{
    private const string Canary = "canary4711";

    private readonly TemporaryDirectory _directory = new();
    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly HttpClient _http = new();
    private WebhookReceiver _receiver = null!;
    private LocalStack _stack = null!;

    private LocalServices Services => _stack.Services!;

    public async ValueTask InitializeAsync()
    {
        _receiver = await WebhookReceiver.StartAsync();
        DemoConfig.Write(_directory.Combine("config"), _receiver);
        _stack = await LocalStack.StartAsync(LocalDirectory.Options(_directory) with
        {
            Tracing = traces => traces.AddProcessor(new SimpleActivityExportProcessor(new QueueExporter(_spans))),
        });
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _stack.DisposeAsync();
        await _receiver.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Telemetry_HostileTraffic_IsPerServiceAndHasNoValuesOfSenders()
    {
        await SendAsync("/v1/identify", $$$"""{"userId":"{{{Canary}}}","anonymousId":"{{{Canary}}}-a","traits":{"{{{Canary}}}":"{{{Canary}}}"}}""");
        const string ExternalIds = $$$"""[{"id":"{{{Canary}}}","type":"{{{Canary}}}","collection":"users","encoding":"none"}]""";
        await SendAsync("/v1/track", $$$"""{"userId":"{{{Canary}}}","event":"{{{Canary}}}","context":{"externalIds":{{{ExternalIds}}}}}""");
        for (var i = 0; i < 30; i++)
        {
            await SendAsync(
                "/v1/merge", $$$"""{"mergeProperties":[{"type":"{{{Canary}}}{{{i}}}","value":"null"},{"type":"user_id","value":"{{{Canary}}}{{{i}}}"}]}""");
        }
        await GetStatusAsync(Services.Url("ingestion"), $"/{Canary}");
        await GetStatusAsync(Services.Url("identity"), $"/v1/identity/{Canary}/{Canary}");
        await Eventually.TrueAsync(
            async () => await GetStatusAsync(Services.Url("profiles"), $"/v1/profiles/user_id/{Canary}") == HttpStatusCode.OK, "the profile exists");
        await Eventually.TrueAsync(
            () => _spans.Any(span => span.Source.Name == "System.Net.Http" && span.GetTagItem("cdp.service") is "fanout"), "the delivery is traced");

        var metrics = await _http.GetStringAsync($"{Services.ManagementUrl}/metrics", TestContext.Current.CancellationToken);
        Assert.DoesNotContain(Canary, metrics, StringComparison.OrdinalIgnoreCase);
        AssertRequests(metrics, "/v1/merge", ["ingestion"]);
        AssertRequests(metrics, "/v1/track", ["ingestion"]);
        AssertRequests(metrics, "/v1/profiles/{type}/{**value}", ["profiles"]);
        AssertRequests(metrics, "/v1/identity/{type}/{**value}", ["identity"]);
        Assert.Contains("service_name=\"cdp-local\"", metrics, StringComparison.Ordinal);
        foreach (var meter in new[] { "cdp_ingestion_", "cdp_identity_", "cdp_validation_", "cdp_fanout_", "cdp_stream_" })
        {
            Assert.Contains(meter, metrics, StringComparison.Ordinal);
        }

        Assert.Equal(["ingestion"], ServicesOf(span => Route(span) == "/v1/track"));
        Assert.Single(_spans, span => Route(span) == "/v1/track");
        Assert.Equal(["profiles"], ServicesOf(span => Route(span) == "/v1/profiles/{type}/{**value}"));
        Assert
            .All(
                ["validation", "identity", "profiles", "fanout"],
                service => Assert.Contains(
                    _spans, span => span.Kind == ActivityKind.Consumer && span.GetTagItem("cdp.service") is string name && name == service));
    }

    [Fact]
    public async Task Ready_OfTheProcess_NamesThePartsOfEachService()
    {
        var ready = await _http.GetStringAsync($"{Services.ManagementUrl}/health/ready", TestContext.Current.CancellationToken);
        foreach (var service in LocalServices.All) Assert.Contains($"\"{service.Name}: ", ready, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, await GetStatusAsync(Services.Url("ingestion"), "/metrics"));
    }

    private string?[] ServicesOf(Func<Activity, bool> which) => [.. _spans.Where(which).Select(span => span.GetTagItem("cdp.service") as string).Distinct()];

    private static string? Route(Activity span) => span.GetTagItem("http.route") as string;

    // Each request of a route is counted once, under the service that answered it.
    private static void AssertRequests(string metrics, string route, string[] services)
    {
        var lines = metrics.Split('\n')
            .Where(
                line => line.StartsWith("http_server_request_duration_seconds_count", StringComparison.Ordinal)
                    && line.Contains($"http_route=\"{route}\"", StringComparison.Ordinal))
            .ToList();
        Assert.NotEmpty(lines);
        Assert.Equal(services, lines.Select(line => Service().Match(line).Groups[1].Value).Distinct());
    }

    private async Task SendAsync(string path, string json)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Services.Url("ingestion") + path) { Content = new StringContent(json) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{_stack.Secrets.WriteKey}:")));
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private async Task<HttpStatusCode> GetStatusAsync(string url, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url + path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _stack.Secrets.ApiToken);
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    [GeneratedRegex("cdp_service=\"([^\"]*)\"")]
    private static partial Regex Service();

    private sealed class QueueExporter(ConcurrentQueue<Activity> spans) : BaseExporter<Activity>
    {
        public override ExportResult Export(in Batch<Activity> batch)
        {
            foreach (var span in batch) spans.Enqueue(span);
            return ExportResult.Success;
        }
    }
}
