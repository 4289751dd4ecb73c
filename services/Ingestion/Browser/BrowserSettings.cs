using System.Text.Json;
using Cdp.Ingestion.Sources;

namespace Cdp.Ingestion.Browser;

/// <summary>The smallest settings that the browser SDKs accept when they start.</summary>
public static class BrowserSettings
{
    /// <summary>For @segment/analytics-next: where to send events, and no metrics about the SDK itself.</summary>
    public static byte[] ForSegment(string writeKey, PublicAddress address) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        integrations = new Dictionary<string, object>
        {
            ["Segment.io"] = new { apiKey = writeKey, apiHost = $"{address.Host}/v1", protocol = address.Scheme },
        },
        // Without a host the SDK would send its metrics to Segment.
        metrics = new { host = $"{address.Host}/v1", sampleRate = 0 },
    });

    /// <summary>For @rudderstack/analytics-js, which requires a source with an id, a config and destinations, and stops if the source is disabled.</summary>
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
