namespace Cdp.Ingestion.Parsing;

/// <summary>What one request may cost. Sizes are of the inflated JSON, in bytes.</summary>
public sealed record LimitOptions
{
    // An event and what we add to it must fit into one record of Kafka's default 1 MB.
    private const int LargestEvent = 512 * 1024;
    private const int LargestRequest = 64 * 1024 * 1024;

    public int EventBytes { get; init; } = 32 * 1024;
    public int RequestBytes { get; init; } = 4 * 1024 * 1024;
    public int BatchEvents { get; init; } = 2_500;
    public int MessageIdCharacters { get; init; } = 100;

    /// <summary>Requests that are there as a whole and are worked on, or wait for Kafka; above it 503.</summary>
    public int Requests { get; init; } = 1_000;

    /// <summary>Memory for the bodies of all requests, beyond the first 16 KiB of each; above it 503.</summary>
    public int BufferedBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>How long the body of a request may be on its way before it is cut with 503. Files that are imported are not meant: they take their time.</summary>
    public int BodySeconds { get; init; } = 30;

    /// <summary>Open connections; what comes above it is closed at once. Each may hold 16 KiB of a body, and Kestrel's own buffers.</summary>
    public int Connections { get; init; } = 10_000;

    public IEnumerable<string> Errors()
    {
        if (EventBytes is < 1 or > LargestEvent) yield return $"Limits:EventBytes is {EventBytes}; set it to 1 to {LargestEvent}";
        if (RequestBytes < EventBytes || RequestBytes > LargestRequest) yield return $"Limits:RequestBytes is {RequestBytes}; set it to Limits:EventBytes ({EventBytes}) to {LargestRequest}";
        if (BatchEvents < 1) yield return $"Limits:BatchEvents is {BatchEvents}; set it to 1 or more";
        if (MessageIdCharacters < 36) yield return $"Limits:MessageIdCharacters is {MessageIdCharacters}; set it to 36, the length of a UUID, or more";
        if (Requests < 1) yield return $"Limits:Requests is {Requests}; set it to 1 or more";
        if (BodySeconds < 1) yield return $"Limits:BodySeconds is {BodySeconds}; set it to 1 or more";
        if (Connections < 1) yield return $"Limits:Connections is {Connections}; set it to 1 or more";
        if (BufferedBytes < RequestBytes) yield return $"Limits:BufferedBytes is {BufferedBytes}; set it to Limits:RequestBytes ({RequestBytes}) or more";
    }
}
