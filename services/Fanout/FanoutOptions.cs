using Cdp.Hosting.Api;
using Cdp.Streaming.Clients;

namespace Cdp.Fanout;

/// <summary>The options that differ between installations.</summary>
public sealed record FanoutOptions
{
    public KafkaOptions Kafka { get; init; } = new();
    public ApiOptions Api { get; init; } = new();

    /// <summary>The folder of destinations, one per file. Relative to the program. Where it is missing or empty, nothing is delivered.</summary>
    public string Destinations { get; init; } = "config/destinations";

    /// <summary>Every fault, with the key of its option and the remedy.</summary>
    public IEnumerable<string> Errors()
    {
        foreach (var error in Kafka.Errors()) yield return error;
        foreach (var error in Api.Errors()) yield return error;
        if (string.IsNullOrWhiteSpace(Destinations)) yield return "Destinations is empty; set it to a folder, or remove it to use config/destinations";
    }
}
