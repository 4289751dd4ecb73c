using Cdp.Hosting;
using Cdp.Streaming;

namespace Cdp.Validation;

/// <summary>What differs between installations.</summary>
public sealed record ValidationOptions
{
    public KafkaOptions Kafka { get; init; } = new();
    public RedisOptions Redis { get; init; } = new();

    /// <summary>The folder of tracking plans, one a file; relative to the program. Missing or empty: every event passes.</summary>
    public string TrackingPlans { get; init; } = "config/tracking-plans";

    /// <summary>How long a messageId is remembered: at least this long, at most twice as long. Never change it while both values' records are in flight.</summary>
    public TimeSpan DuplicateWindow { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Every fault, named with its key and remedy.</summary>
    public IEnumerable<string> Errors()
    {
        foreach (var error in Kafka.Errors().Concat(Redis.Errors())) yield return error;
        if (string.IsNullOrWhiteSpace(TrackingPlans)) yield return "TrackingPlans is empty; set it to a folder, or leave it out for config/tracking-plans";
        if (DuplicateWindow < TimeSpan.FromMinutes(1)) yield return $"DuplicateWindow is {DuplicateWindow}; set it to 00:01:00 or more, such as 1.00:00:00 for a day";
    }
}
