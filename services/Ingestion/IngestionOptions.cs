using Cdp.Ingestion.Browser;
using Cdp.Ingestion.Importing;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Receiving;
using Cdp.Streaming;

namespace Cdp.Ingestion;

/// <summary>The service's configuration.</summary>
public sealed record IngestionOptions
{
    public KafkaOptions Kafka { get; init; } = new();

    /// <summary>Folders with a YAML file for each source.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>A file with a userId a line, whose events are dropped; null: there is none.</summary>
    public string? SuppressedUsers { get; init; }

    public LimitOptions Limits { get; init; } = new();
    public SdkOptions Sdk { get; init; } = new();
    public ImportOptions Imports { get; init; } = new();

    /// <summary>Addresses or networks whose X-Forwarded-For is believed.</summary>
    public IReadOnlyList<string> TrustedProxies { get; init; } = [];

    /// <summary>Every fault, named with its key and remedy; empty when all is well.</summary>
    public IEnumerable<string> Errors() => [.. Kafka.Errors(), .. SourceErrors(), .. Limits.Errors(), .. Sdk.Errors(), .. Imports.Errors(), .. ProxyErrors()];

    private IEnumerable<string> SourceErrors()
    {
        if (Sources.Count == 0) yield return "Sources is empty, so nobody could send; set Sources:0 to a folder with a YAML file for each source";
    }

    private IEnumerable<string> ProxyErrors()
    {
        for (var i = 0; i < TrustedProxies.Count; i++)
        {
            if (!ClientAddress.TryParseNetwork(TrustedProxies[i], out _)) yield return $"TrustedProxies:{i} is '{TrustedProxies[i]}'; set it to an address, such as 10.1.2.3, or a network, such as 10.0.0.0/8";
        }
    }
}
