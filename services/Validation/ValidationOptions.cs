using Cdp.Hosting.HotState;
using Cdp.Streaming.Clients;

namespace Cdp.Validation;

/// <summary>The options of the validation service.</summary>
public sealed record ValidationOptions
{
    public KafkaOptions Kafka { get; init; } = new();
    public RedisOptions Redis { get; init; } = new();

    /// <summary>The folder of tracking plans, relative to the program. If it is missing or empty, every event passes.</summary>
    public string TrackingPlans { get; init; } = "config/tracking-plans";

    /// <summary>A second occurrence of a messageId within this time is dropped. Up to twice this time it may be dropped.</summary>
    public TimeSpan DuplicateWindow { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Every fault, with its key and remedy.</summary>
    public IEnumerable<string> Errors()
    {
        foreach (var error in Kafka.Errors().Concat(Redis.Errors())) yield return error;
        if (string.IsNullOrWhiteSpace(TrackingPlans)) yield return "TrackingPlans is empty; set it to a folder, or unset it to use config/tracking-plans";
        if (DuplicateWindow < TimeSpan.FromMinutes(1))
        {
            yield return $"DuplicateWindow is {DuplicateWindow}; set it to 00:01:00 or more, such as 1.00:00:00 for a day";
        }
    }
}
