using System.Text.Json;

namespace Cdp.Ingestion.Browser;

/// <summary>What the SDKs ask for before they send, as small as they take it.</summary>
public static class BrowserSettings
{
    /// <summary>For @segment/analytics-next: where to send events, and its measurements of itself, of which it is to make none.</summary>
    public static byte[] ForSegment(string writeKey, PublicAddress address) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        integrations = new Dictionary<string, object>
        {
            ["Segment.io"] = new { apiKey = writeKey, apiHost = $"{address.Host}/v1", protocol = address.Scheme },
        },
        // Without a host it would send them to Segment.
        metrics = new { host = $"{address.Host}/v1", sampleRate = 0 },
    });

    /// <summary>For @rudderstack/analytics-js, which takes a source with an id, a config and destinations, and stops where it is not enabled.</summary>
    public static byte[] ForRudderStack(string id, bool enabled) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        source = new
        {
            id,
            name = id,
            enabled,
            workspaceId = "",
            config = new { statsCollection = new { errors = new { enabled = false }, metrics = new { enabled = false } } },
            destinations = Array.Empty<object>(),
        },
    });
}
