using Cdp.Ingestion.Browser;
using Cdp.Ingestion.Mapping;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Webhooks;

namespace Cdp.Ingestion.Sources;

/// <summary>What a source's write key gives the right to.</summary>
public enum SourceType
{
    /// <summary>Servers, where the key is secret: the SDK endpoints and imports of files.</summary>
    Server,

    /// <summary>Browsers and apps, where anybody can read the key: the SDK endpoints.</summary>
    Web,

    /// <summary>Another system that posts what its own form is: the webhook endpoint alone.</summary>
    Webhook,
}

/// <summary>Who may send, as a file of the sources' folder says.</summary>
public sealed record Source
{
    /// <summary>Names the source in events, metrics and tracking plans.</summary>
    public required string Id { get; init; }

    public SourceType Type { get; init; }

    /// <summary>SHA-256 of each write key, 32 bytes. Several while a key is being replaced.</summary>
    public IReadOnlyList<byte[]> WriteKeyHashes { get; init; } = [];

    /// <summary>False: its requests get 404.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>The origins whose pages may send; empty: all.</summary>
    public Origins Origins { get; init; } = Origins.All;

    /// <summary>Where its pages find us; null: where their requests say.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>The cookie that keeps its visitors' anonymousId; null: none.</summary>
    public FirstPartyCookie? Cookie { get; init; }

    /// <summary>How many events it may send; null: any number.</summary>
    public Rate? Rate { get; init; }

    /// <summary>The service's limits, with what the source lowers of them.</summary>
    public LimitOptions Limits { get; init; } = new();

    /// <summary>What its payloads become; never null for a webhook source.</summary>
    public EventMapping? Mapping { get; init; }

    /// <summary>How its sender proves itself; null for all but webhook sources.</summary>
    public Verification? Verification { get; init; }

    /// <summary>What its imported files' rows may be turned into events by, by name.</summary>
    public IReadOnlyDictionary<string, EventMapping> ImportMappings { get; init; } = new Dictionary<string, EventMapping>();
}
