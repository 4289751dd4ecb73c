using Cdp.Contracts;

namespace Cdp.Ingestion.Parsing;

/// <summary>Limits on requests. Sizes are those of the decompressed JSON in bytes.</summary>
public sealed record LimitOptions
{
    private const int LargestRequest = 64 * 1024 * 1024;

    /// <summary>The largest event, with the context and integrations of its batch. At most <see cref="SizeLimits.Event"/>.</summary>
    public int EventBytes { get; init; } = 32 * 1024;

    /// <summary>The largest request. The context and integrations of a batch count once per event.</summary>
    public int RequestBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>The number of events in a batch.</summary>
    public int BatchEvents { get; init; } = 2_500;

    /// <summary>The length of a messageId in characters.</summary>
    public int MessageIdCharacters { get; init; } = 100;

    /// <summary>Requests in progress: completely received and being processed or waiting for Kafka. Further requests get 503.</summary>
    public int Requests { get; init; } = 1_000;

    /// <summary>Memory for the bodies of all requests, not counting the first 16 KiB of each. Requests beyond it get 503.</summary>
    public int BufferedBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Seconds in which the body of a request must arrive; after that the request gets 503. Does not apply to imported files.</summary>
    public int BodySeconds { get; init; } = 30;

    /// <summary>Open connections. Further ones are closed at once. Each may hold 16 KiB of a body in addition to Kestrel's own buffers.</summary>
    public int Connections { get; init; } = 10_000;

    public IEnumerable<string> Errors()
    {
        if (EventBytes is < 1 or > SizeLimits.Event) yield return $"Limits:EventBytes is {EventBytes}; set it to 1 to {SizeLimits.Event}";
        if (RequestBytes < EventBytes || RequestBytes > LargestRequest)
        {
            yield return $"Limits:RequestBytes is {RequestBytes}; set it to Limits:EventBytes ({EventBytes}) to {LargestRequest}";
        }
        if (BatchEvents < 1) yield return $"Limits:BatchEvents is {BatchEvents}; set it to 1 or more";
        if (MessageIdCharacters < 36) yield return $"Limits:MessageIdCharacters is {MessageIdCharacters}; set it to 36, the length of a UUID, or more";
        if (Requests < 1) yield return $"Limits:Requests is {Requests}; set it to 1 or more";
        if (BodySeconds < 1) yield return $"Limits:BodySeconds is {BodySeconds}; set it to 1 or more";
        if (Connections < 1) yield return $"Limits:Connections is {Connections}; set it to 1 or more";
        if (BufferedBytes < RequestBytes) yield return $"Limits:BufferedBytes is {BufferedBytes}; set it to Limits:RequestBytes ({RequestBytes}) or more";
    }
}
