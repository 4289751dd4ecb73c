using System.Net.Http.Headers;
using cdp;
using Xunit;

namespace Cdp.Ingestion.Tests.Webhooks;

/// <summary>The service on the embedded broker, with a webhook source for each vendor and scheme. The id of each source is also its write key.</summary>
public sealed class WebhookHost : IAsyncLifetime
{
    internal KafkaFixture Kafka { get; } = new();

    public async ValueTask InitializeAsync()
    {
        await Kafka.InitializeAsync();
        foreach (var vendor in VendorSample.Presets.Keys)
        {
            Kafka.Host.WriteSource(vendor, vendor, Settings($"{{scheme: {vendor}, secret: \"{VendorSample.Secret}\"}}", $"{{preset: {vendor}}}"));
        }
        Kafka.Host.WriteSource("slack", "slack", Settings(
            $"{{scheme: slack, secret: \"{VendorSample.Secret}\"}}",
            "{rules: [{events: [{type: track, anonymousId: $.user_id, event: $.command, messageId: $.trigger_id}]}]}"));
        Kafka.Host.WriteSource("basic", "basic", Settings("{scheme: secret, basic: true, secret: password}", "{rules: [{ignore: true}]}"));
        Kafka.Host.WriteSource("parameter", "parameter", Settings(
            "{scheme: secret, parameter: token, secret: password}",
            """

              rules:
              - when: {$.user: {exists: true}}
                events:
                - type: track
                  userId: $.user
                  event: $.what
                  messageId: $.id
                  properties: {query: $query, body: $, header: "$headers['x-extra']"}
            """));
        Kafka.Host.WriteSource("each", "each", Settings(
            "{scheme: none}",
            "{each: $, every: {messageId: $item.id}, rules: [{events: [{type: track, userId: $item.user, event: e, properties: {size: $item.size}}]}]}"));
        // Sources are read together, so all of them are known when the last one is.
        await Kafka.Host.AddSourceAsync("slow", "slow", Settings(
            "{scheme: none}",
            "{each: $, rules: [{events: [{type: track, userId: $item.user, event: e, messageId: $item.id}]}]}\nlimits: {events_per_second: 1, burst: 1}"));
    }

    public ValueTask DisposeAsync() => Kafka.DisposeAsync();

    internal Task<HttpResponseMessage> PostAsync(
        string source, byte[] body, Dictionary<string, string> headers, string query = "", string contentType = "application/json")
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        return Kafka.Host.SendAsync(
            HttpMethod.Post,
            $"/v1/webhook?writeKey={source}{query}",
            content,
            [.. headers.Select(header => $"{header.Key}: {header.Value}")]);
    }

    internal Task<HttpResponseMessage> GetAsync(string query) => Kafka.Host.SendAsync(HttpMethod.Get, $"/v1/webhook?{query}");

    /// <summary>The quarantined payload with exactly these bytes.</summary>
    internal QuarantinedEvent FindQuarantined(byte[] original) =>
        Assert.Single(Kafka.QuarantinedEvents(), record => record.original.AsSpan().SequenceEqual(original));

    private static string Settings(string verify, string mapping) => $"type: webhook\nwebhook: {{verify: {verify}}}\nmapping: {mapping}";
}
