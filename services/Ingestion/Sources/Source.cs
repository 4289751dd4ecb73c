using Cdp.Ingestion.Mapping;
using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Sources;

/// <summary>The type of a source, which decides what its write key may be used for.</summary>
public enum SourceType
{
    /// <summary>A server, which keeps the key secret. It may use the SDK endpoints and import files.</summary>
    Server,

    /// <summary>Pages and apps, whose key anyone can read. They may use the SDK endpoints and the browser endpoints.</summary>
    Web,

    /// <summary>Another system that posts payloads in its own format. It may use only the webhook endpoint.</summary>
    Webhook,
}

/// <summary>A source of events, as its YAML file defines it.</summary>
public sealed record Source
{
    /// <summary>The name of the source in events, metrics and tracking plans.</summary>
    public required string Id { get; init; }

    public SourceType Type { get; init; }

    /// <summary>How far its events are trusted. Every event carries it.</summary>
    public Trust Trust { get; init; } = Trust.Public;

    /// <summary>The SHA-256 of each write key, 32 bytes. Several while a key is being replaced.</summary>
    public IReadOnlyList<byte[]> WriteKeyHashes { get; init; } = [];

    /// <summary>If false, its requests get 404.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>The origins whose pages may send.</summary>
    public Origins Origins { get; init; } = Origins.All;

    /// <summary>The address under which its pages reach this service; null to take it from the request.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>The cookie that remembers its visitors' anonymousId; null for none.</summary>
    public FirstPartyCookie? Cookie { get; init; }

    /// <summary>The rate at which it may send events; null for no limit.</summary>
    public Rate? Rate { get; init; }

    /// <summary>The limits of the service, some of which the source may have lowered.</summary>
    public LimitOptions Limits { get; init; } = new();

    /// <summary>The mapping of its payloads to events; never null for a webhook source.</summary>
    public EventMapping? Mapping { get; init; }

    /// <summary>How its sender proves its identity; null except for webhook sources.</summary>
    public Verification? Verification { get; init; }

    /// <summary>The mappings for the rows of imported files, by name.</summary>
    public IReadOnlyDictionary<string, EventMapping> ImportMappings { get; init; } = new Dictionary<string, EventMapping>();

    /// <summary>Creates the receipt for a request of this source.</summary>
    public Receipt Receipt(DateTime receivedAt, string? ip) => new(Id, receivedAt, ip) { Trust = Trust };
}
