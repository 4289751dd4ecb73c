using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Receiving;
using Cdp.Ingestion.Sources;
using Cdp.Streaming;

namespace Cdp.Ingestion;

/// <summary>The service's configuration.</summary>
public sealed record IngestionOptions
{
    public KafkaOptions Kafka { get; init; } = new();
    public IReadOnlyList<SourceOptions> Sources { get; init; } = [];
    public LimitOptions Limits { get; init; } = new();

    /// <summary>Addresses or networks whose X-Forwarded-For is believed.</summary>
    public IReadOnlyList<string> TrustedProxies { get; init; } = [];

    /// <summary>Every fault, named with its key and remedy; empty when all is well.</summary>
    public IEnumerable<string> Errors() => [.. Kafka.Errors(), .. SourceErrors(), .. Limits.Errors(), .. ProxyErrors()];

    private IEnumerable<string> SourceErrors()
    {
        if (Sources.Count == 0) yield return "Sources is empty, so nobody could send; add Sources:0:Id and Sources:0:WriteKeyHash";
        var ids = new HashSet<string>();
        var hashes = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < Sources.Count; i++)
        {
            var source = Sources[i];
            if (string.IsNullOrWhiteSpace(source.Id)) yield return $"Sources:{i}:Id is empty; set it to the source's name";
            else if (!ids.Add(source.Id)) yield return $"Sources:{i}:Id is '{source.Id}', as another source's; give each its own";
            if (source.WriteKeyHash.Length != 64 || !source.WriteKeyHash.All(char.IsAsciiHexDigit)) yield return $"Sources:{i}:WriteKeyHash must be the SHA-256 of the write key as 64 hexadecimal digits; printf %s KEY | sha256sum prints it";
            else if (!hashes.Add(source.WriteKeyHash)) yield return $"Sources:{i}:WriteKeyHash is another source's too; give each source a key of its own";
        }
    }

    private IEnumerable<string> ProxyErrors()
    {
        for (var i = 0; i < TrustedProxies.Count; i++)
        {
            if (!ClientAddress.TryParseNetwork(TrustedProxies[i], out _)) yield return $"TrustedProxies:{i} is '{TrustedProxies[i]}'; set it to an address, such as 10.1.2.3, or a network, such as 10.0.0.0/8";
        }
    }
}
