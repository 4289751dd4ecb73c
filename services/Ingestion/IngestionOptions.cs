using Cdp.Ingestion.Browser;
using Cdp.Ingestion.Importing;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Receiving;
using Cdp.Streaming.Clients;

namespace Cdp.Ingestion;

/// <summary>The configuration of the service.</summary>
public sealed record IngestionOptions
{
    public KafkaOptions Kafka { get; init; } = new();

    /// <summary>Folders that contain one YAML file per source.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>A file with one userId per line. The events of these users are dropped. Null for none.</summary>
    public string? SuppressedUsers { get; init; }

    public LimitOptions Limits { get; init; } = new();
    public SdkOptions Sdk { get; init; } = new();
    public ImportOptions Imports { get; init; } = new();

    /// <summary>Addresses or networks of proxies whose X-Forwarded headers are trusted.</summary>
    public IReadOnlyList<string> TrustedProxies { get; init; } = [];

    /// <summary>Every error, with the option and what to set it to; empty if the configuration is valid.</summary>
    public IEnumerable<string> Errors() => [.. Kafka.Errors(), .. SourceErrors(), .. Limits.Errors(), .. Sdk.Errors(), .. Imports.Errors(), .. ProxyErrors()];

    private IEnumerable<string> SourceErrors()
    {
        if (Sources.Count == 0) yield return "Sources is empty, so no request could be accepted; set Sources:0 to a folder with one YAML file per source";
    }

    private IEnumerable<string> ProxyErrors()
    {
        for (var i = 0; i < TrustedProxies.Count; i++)
        {
            if (ClientAddress.TryParseNetwork(TrustedProxies[i], out _)) continue;
            yield return $"TrustedProxies:{i} is '{TrustedProxies[i]}'; set it to an address, such as 10.1.2.3, or a network, such as 10.0.0.0/8";
        }
    }
}
