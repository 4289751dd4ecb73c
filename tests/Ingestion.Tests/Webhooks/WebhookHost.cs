using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Cdp.Ingestion.Sources;
using Xunit;

namespace Cdp.Ingestion.Tests.Webhooks;

/// <summary>The service on the embedded broker, with a webhook source for each vendor and scheme; a source's id is its write key.</summary>
public sealed class WebhookHost : IAsyncLifetime
{
    private readonly KafkaFixture _kafka = new();

    internal KafkaFixture Kafka => _kafka;

    public async ValueTask InitializeAsync()
    {
        await _kafka.InitializeAsync();
        foreach (var vendor in VendorSample.Presets.Keys) Add(vendor, $"{{scheme: {vendor}, secret: \"{VendorSample.Secret}\"}}", $"{{preset: {vendor}}}");
        Add("slack", $"{{scheme: slack, secret: \"{VendorSample.Secret}\"}}", "{rules: [{events: [{type: track, anonymousId: $.user_id, event: $.command, messageId: $.trigger_id}]}]}");
        Add("basic", "{scheme: secret, basic: true, secret: password}", "{rules: [{ignore: true}]}");
        Add("parameter", "{scheme: secret, parameter: token, secret: password}", "{rules: [{when: {$.user: {exists: true}}, events: [{type: track, userId: $.user, event: $.what, messageId: $.id, properties: {query: $query, body: $, header: \"$headers['x-extra']\"}}]}]}");
        Add("each", "{scheme: none}", "{each: $, every: {messageId: $item.id}, rules: [{events: [{type: track, userId: $item.user, event: e, properties: {size: $item.size}}]}]}");
        Add("slow", "{scheme: none}", "{each: $, rules: [{events: [{type: track, userId: $item.user, event: e, messageId: $item.id}]}]}\nlimits: {events_per_second: 1, burst: 1}");
        await _kafka.Host.UntilAsync(HttpStatusCode.OK, () => PostAsync("each", "[]"u8.ToArray(), []));
    }

    public async ValueTask DisposeAsync() => await _kafka.DisposeAsync();

    internal Task<HttpResponseMessage> PostAsync(string source, byte[] body, Dictionary<string, string> headers, string query = "", string contentType = "application/json")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/webhook?writeKey={source}{query}") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return _kafka.Host.Client.SendAsync(request);
    }

    private void Add(string id, string verify, string mapping) => _kafka.Host.WriteSource(id, id, $"type: webhook\nwebhook: {{verify: {verify}}}\nmapping: {mapping}");
}
