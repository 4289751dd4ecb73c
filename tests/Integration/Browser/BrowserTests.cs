using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using cdp;
using Cdp.Contracts;
using Cdp.Ingestion;
using Cdp.Integration.Loop;
using Cdp.Integration.Stack;
using Cdp.LocalKafka;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalRegistry;
using Xunit;

namespace Cdp.Integration.Browser;

/// <summary>The unmodified browser SDKs in Chromium, served by ingestion and sending to it. The tests check the events in the topic.</summary>
public sealed class BrowserTests(TestStack stack) : IDisposable
{
    private const string WriteKey = "browser-write-key";
    private const string SdkPath = "/assets/js";

    private readonly string _data = Directory.CreateTempSubdirectory("cdp-it-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task TestPage_WithoutAnSdk_SendsEachTypeOfEventAndShowsTheResponse()
    {
        await using var cluster = await ClusterAsync("type: web");
        var ingestion = await StartAsync(cluster, withSdks: false);

        var seen = await Chromium.RunAsync("forms", Options(ingestion, "none"));

        string[] types = ["identify", "track", "page", "screen", "group", "alias"];
        Assert.Equal(0, seen.GetProperty("untouched").GetProperty("errors").GetInt32());
        Assert.All(types, type => Assert.Equal("""200 {"success":true}""", Text(seen.GetProperty("outputs"), type)));
        Assert.StartsWith("properties is not valid JSON", Text(seen, "invalid"), StringComparison.Ordinal);
        Assert.Equal(types.Length, seen.GetProperty("requests").GetInt32());
        Assert.EndsWith("/v1/profiles/user_id/ada", Text(seen, "profile"), StringComparison.Ordinal);
        var events = await EventsAsync(cluster);
        Assert.Equal(types.Order(), events.Select(e => e.type).Order());
        Assert.All(events, e => Assert.Equal((Text(seen, "anonymousId"), "ada"), (e.anonymousId, e.userId)));
    }

    [Fact]
    public async Task TestPage_ApiTokenInTheUrl_IsMovedToTheSessionAndUsed()
    {
        await using var cluster = await ClusterAsync("type: web");
        var ingestion = await StartAsync(cluster, withSdks: false);

        var seen = await Chromium.RunAsync("apiToken", Options(ingestion, "none"));

        Assert.Equal($"{ingestion.Url}{SdkPath}/test?writeKey={WriteKey}", Text(seen, "url"));
        Assert.Contains("secret", Texts(seen, "stored"));
        Assert.Equal("Bearer secret", Texts(seen, "asked").First());
    }

    [Theory]
    [InlineData("segment")]
    [InlineData("rudderstack")]
    public async Task Story_EveryCallInEveryMode_StoresAllEvents(string sdk)
    {
        await using var cluster = await ClusterAsync("type: web");
        var ingestion = await StartAsync(cluster);

        var seen = await Chromium.RunAsync(
            "story", Options(ingestion, sdk),
            meanwhile: () => Eventually.TrueAsync(async () => (await EventsAsync(cluster)).Count >= 3 * 6, "all events are in the topic"));

        var all = await EventsAsync(cluster);
        Assert.Equal(3 * 6, all.Select(e => e.messageId).Distinct().Count());
        foreach (var mode in new[] { "single", "batching", "beacon" })
        {
            var observed = seen.GetProperty(mode);
            var (before, after) = (Text(observed, "before"), Text(observed, "after"));
            var events = all.Where(e => e.anonymousId == before || e.anonymousId == after).ToList();
            AssertStory(events, before, after);
            var sent = observed.GetProperty("sent").EnumerateArray().Select(Summary).Order(StringComparer.Ordinal);
            // The events whose answers the page received: empty with the beacon, which sends when the page closes.
            Assert.Equal(mode == "beacon" ? [] : events.Select(Summary).Order(StringComparer.Ordinal), sent);
        }
    }

    [Theory]
    [InlineData("segment")]
    [InlineData("rudderstack")]
    public async Task Cookie_StorageLost_RestoresTheIdButNotOneFromBeforeAReset(string sdk)
    {
        await using var cluster = await ClusterAsync("type: web\ncookie: { name: visitor }");
        var ingestion = await StartAsync(cluster);

        var seen = await Chromium.RunAsync("cookie", Options(ingestion, sdk));

        var ids = new[] { "first", "second", "third", "fourth" }.Select(visit => Text(seen.GetProperty(visit), "id")).ToArray();
        Assert.StartsWith("new", Text(seen.GetProperty("first"), "from"), StringComparison.Ordinal);
        Assert.StartsWith("restored", Text(seen.GetProperty("second"), "from"), StringComparison.Ordinal);
        Assert.Equal(ids[0], ids[1]);
        Assert.NotEqual(ids[1], ids[2]);
        Assert.StartsWith("restored", Text(seen.GetProperty("fourth"), "from"), StringComparison.Ordinal);
        Assert.Equal(ids[2], ids[3]);
        var cookie = seen.GetProperty("cookie");
        Assert.Equal(("visitor", ids[0], "Lax"), (Text(cookie, "name"), Text(cookie, "value"), Text(cookie, "sameSite")));
        Assert.InRange(
            DateTimeOffset.FromUnixTimeSeconds((long)cookie.GetProperty("expires").GetDouble()), DateTimeOffset.UtcNow.AddDays(364),
            DateTimeOffset.UtcNow.AddDays(366));
        Assert.DoesNotContain("visitor", Text(seen, "readable"), StringComparison.Ordinal);
        var sent = Assert.Single(await EventsAsync(cluster));
        Assert.Equal((ids[0], Texts(seen, "sent").Single()), (sent.anonymousId, sent.messageId));
    }

    [Fact]
    public async Task Cookie_ResetOnPageWithoutOurScript_RestoresNothing()
    {
        await using var cluster = await ClusterAsync("type: web\ncookie: {}");
        var ingestion = await StartAsync(cluster);

        var seen = await Chromium.RunAsync("unheardReset", Options(ingestion, "segment"));

        Assert.NotEqual(Text(seen, "before"), Text(seen, "after"));
        Assert.StartsWith("new", Text(seen, "from"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("segment")]
    [InlineData("rudderstack")]
    public async Task Cookie_OnASubdomainOfThePages_RestoresTheId(string sdk)
    {
        await using var cluster = await ClusterAsync("type: web\norigins: http://www.shop.test\ncookie: { domain: shop.test }");
        var ingestion = await StartAsync(cluster);
        var server = $"http://events.shop.test:{new Uri(ingestion.Url).Port}";
        var options = Options(ingestion, sdk);
        options["site"] = "http://www.shop.test";
        options["html"] = CustomersPage(sdk, server);

        var seen = await Chromium.RunAsync("subdomain", options);

        var (first, second) = (seen.GetProperty("first"), seen.GetProperty("second"));
        Assert.Null(first.GetProperty("restored").GetString());
        Assert.Equal(Text(first, "id"), second.GetProperty("restored").GetString());
        Assert.Equal(["events.shop.test", "www.shop.test"], Texts(seen, "hosts").Order());
        var events = await EventsAsync(cluster);
        Assert.Equal(Texts(seen, "sent").Order(), events.Select(e => e.messageId).Order());
        Assert.All(events, e => Assert.Equal(Text(first, "id"), e.anonymousId));
    }

    [Theory]
    [InlineData("segment")]
    [InlineData("rudderstack")]
    public async Task Retry_TooManyEvents_StoresEachOnce(string sdk)
    {
        await using var cluster = await ClusterAsync("type: web\nlimits: { events_per_second: 1, burst: 1 }");
        var ingestion = await StartAsync(cluster);
        var options = Options(ingestion, sdk);
        (options["events"], options["refusal"]) = (8, 429);

        var seen = await Chromium.RunAsync("retry", options);

        await AssertStoredOnceAsync(cluster, seen, 8);
    }

    [Theory]
    [InlineData("segment")]
    [InlineData("rudderstack")]
    public async Task Retry_KafkaUnavailable_StoresEachOnceAfterItsReturn(string sdk)
    {
        await Chromium.RequireAsync();
        var kafka = new LocalKafkaOptions { DataDirectory = _data, Port = FreePort.Find() };
        var broker = await LocalKafkaBroker.StartAsync(kafka, cancel: TestContext.Current.CancellationToken);
        try
        {
            await using var registry = await RegistryServer.StartAsync(broker.BootstrapServers, IPAddress.Loopback, FreePort.Find());
            await using var shared = await stack.ClusterAsync();
            var cluster = new Cluster(broker.BootstrapServers, registry.Url, shared.Redis.Endpoint, shared.Prefix);
            cluster.AddSource("shop", WriteKey, "type: web");
            var ingestion = await StartAsync(cluster);
            broker.Kill();
            using var http = new HttpClient();
            await Eventually.TrueAsync(
                async () =>
                    (
                        await http.GetAsync(
                            $"{ingestion.Url}/health/ready", TestContext.Current.CancellationToken)).StatusCode == HttpStatusCode.ServiceUnavailable,
                "ingestion is not ready");
            var options = Options(ingestion, sdk);
            (options["events"], options["refusal"]) = (2, 503);

            var seen = await Chromium.RunAsync(
                "retry", options, meanwhile: async () => broker = await LocalKafkaBroker.StartAsync(kafka, cancel: TestContext.Current.CancellationToken));

            await AssertStoredOnceAsync(cluster, seen, 2);
            await ingestion.StopAsync();
        }
        finally
        {
            await broker.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("segment", 404)]
    [InlineData("rudderstack", 200)]
    public async Task Source_Disabled_KeepsTheSdkFromSending(string sdk, int settings)
    {
        await using var cluster = await ClusterAsync("type: web\nenabled: false");
        var ingestion = await StartAsync(cluster);

        var seen = await Chromium.RunAsync("disabled", Options(ingestion, sdk));

        Assert.Equal([settings], seen.GetProperty("settings").EnumerateArray().Select(status => status.GetInt32()));
        Assert.Empty(seen.GetProperty("statuses").EnumerateArray());
    }

    [Fact]
    public async Task Pixel_AsImage_LoadsAndStoresItsEvent()
    {
        await using var cluster = await ClusterAsync("type: web");
        var ingestion = await StartAsync(cluster);
        var opened = new { writeKey = WriteKey, userId = "ada", @event = "Email Opened", properties = new { subject = "Grüße" } };
        var data = Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(opened));
        string[] urls =
        [
            $"{ingestion.Url}/v1/pixel/track?data={Uri.EscapeDataString(data)}",
            $"{ingestion.Url}/pixel/v1/page?writeKey={WriteKey}&anonymousId=a1&name=Home&properties.path=%2Fhome",
            $"{ingestion.Url}/pixel/v1/track?writeKey=unknown&anonymousId=a2&event=Nothing",
        ];

        var seen = await Chromium.RunAsync("pixel", new() { ["urls"] = urls });

        Assert.All(seen.EnumerateArray(), image => Assert.Equal(1, image.GetProperty("width").GetInt32()));
        Assert.Equal(
            ["page a1  Home {\"path\":\"/home\"}", "track  ada Email Opened {\"subject\":\"Gr\\u00FC\\u00DFe\"}"],
            (await EventsAsync(cluster)).Select(e => $"{e.type} {e.anonymousId} {e.userId} {e.name ?? e.@event} {e.properties}").Order(StringComparer.Ordinal));
    }

    private async Task<Cluster> ClusterAsync(string source)
    {
        await Chromium.RequireAsync();
        var cluster = await stack.ClusterAsync();
        cluster.AddSource("shop", WriteKey, source);
        return cluster;
    }

    private static Task<RunningService> StartAsync(Cluster cluster, bool withSdks = true)
    {
        var settings = new Dictionary<string, string?> { ["Sdk:Path"] = SdkPath, ["Sdk:TestPage"] = "true" };
        if (withSdks) settings["Sdk:Folder"] = Chromium.Packages;
        return cluster.StartAsync(IngestionService.Service, settings: settings);
    }

    private static Dictionary<string, object> Options(RunningService ingestion, string sdk) => new()
    {
        ["testPage"] = $"{ingestion.Url}{SdkPath}/test",
        ["writeKey"] = WriteKey,
        ["sdk"] = sdk,
    };

    // The page as documented in the README. It sends the event immediately, before anything is loaded.
    private static string CustomersPage(string sdk, string server) => sdk == "segment"
        ? $$"""
            <!doctype html><title>Shop</title>
            <script src="{{server}}{{SdkPath}}/remember.js"></script>
            <script src="{{server}}{{SdkPath}}/@segment/analytics-next/dist/umd/index.js"></script>
            <script>
              const analytics = new AnalyticsNext.AnalyticsBrowser();
              const restoring = rememberVisitor(analytics, '{{WriteKey}}');
              restoring.then(() => analytics.load({ writeKey: '{{WriteKey}}', cdnURL: '{{server}}' }));
              analytics.track('Product Viewed');
              analytics.ready(async () => window.result = { restored: await restoring, id: (await analytics.user()).anonymousId() });
            </script>
            """
        : $$"""
            <!doctype html><title>Shop</title>
            <script src="{{server}}{{SdkPath}}/remember.js"></script>
            <script src="{{server}}{{SdkPath}}/@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js"></script>
            <script>
              const analytics = new rudderanalytics.RudderAnalytics();
              const restoring = rememberVisitor(analytics, '{{WriteKey}}');
              restoring.then(() => analytics.load('{{WriteKey}}', '{{server}}', { configUrl: '{{server}}' }));
              analytics.track('Product Viewed');
              analytics.ready(async () => window.result = { restored: await restoring, id: analytics.getAnonymousId() });
            </script>
            """;

    private static void AssertStory(List<Event> events, string before, string after)
    {
        Assert.NotEqual(before, after);
        Assert.Equal(["alias", "group", "identify", "page", "track"], events.Where(e => e.anonymousId == before).Select(e => e.type).Order());
        Assert.Equal(["track"], events.Where(e => e.anonymousId == after).Select(e => e.type));
        var order = events.Single(e => e.anonymousId == before && e.type == "track");
        Assert.Equal(("Order Completed", """{"revenue":49.9,"currency":"EUR"}"""), (order.@event, order.properties));
        Assert.Equal("Test page", events.Single(e => e.type == "page").name);
        Assert.Equal("ada", events.Single(e => e.type == "identify").userId);
        Assert.Equal(("acme", "ada"), events.Where(e => e.type == "group").Select(e => (e.groupId, e.userId)).Single());
        Assert.Equal("ada", events.Single(e => e.type == "alias").previousId);
        Assert.Null(events.Single(e => e.anonymousId == after).userId);
        Assert.All(events, e => Assert.Equal("127.0.0.1", (string?)JsonNode.Parse(e.context!)!["ip"]));
    }

    private static async Task AssertStoredOnceAsync(Cluster cluster, JsonElement seen, int events)
    {
        var sent = Texts(seen, "sent").Order().ToList();
        Assert.Equal(events, sent.Distinct().Count());
        Assert.Equal(sent, (await EventsAsync(cluster)).Select(e => e.messageId).Order());
    }

    private static async Task<List<Event>> EventsAsync(Cluster cluster) =>
        [.. (await cluster.ReadAllAsync<CollectedEvent>(Topics.EventsCollected)).Select(record => record.envelope)];

    // An event as the SDK sent it, and as it is in the topic.
    private static string Summary(JsonElement sent)
    {
        string[] members = ["messageId", "type", "anonymousId", "userId", "previousId", "groupId", "event", "properties", "traits", "integrations"];
        return string.Join(' ', members.Select(Member));

        string? Member(string name) => !sent.TryGetProperty(name, out var member) || member.ValueKind == JsonValueKind.Null
            ? null
            : member.ValueKind == JsonValueKind.String ? member.GetString() : member.GetRawText();
    }

    private static string Summary(Event e) =>
        $"{e.messageId} {e.type} {e.anonymousId} {e.userId} {e.previousId} {e.groupId} {e.@event} {e.properties} {e.traits} {e.integrations}";

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    private static IEnumerable<string> Texts(JsonElement json, string name) => json.GetProperty(name).EnumerateArray().Select(item => item.GetString()!);
}
