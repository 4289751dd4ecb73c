using Cdp.Streaming;

namespace Cdp.Fanout;

/// <summary>What differs between installations.</summary>
public sealed record FanoutOptions
{
    public KafkaOptions Kafka { get; init; } = new();

    /// <summary>The folder of destinations, one a file; relative to the program. Missing or empty: nothing is delivered.</summary>
    public string Destinations { get; init; } = "config/destinations";

    /// <summary>Every fault, named with its key and remedy.</summary>
    public IEnumerable<string> Errors()
    {
        foreach (var error in Kafka.Errors()) yield return error;
        if (string.IsNullOrWhiteSpace(Destinations)) yield return "Destinations is empty; set it to a folder, or leave it out for config/destinations";
    }
}
