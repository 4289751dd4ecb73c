using System.Collections.Concurrent;
using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Sources;

/// <summary>Enforces the rate of each source. The tokens taken survive a reload of the source's file.</summary>
public sealed class RateLimits(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, TokenBucket> _buckets = new();

    /// <returns>Null if the events may pass; otherwise a refusal with the time after which to retry.</returns>
    public Rejection? Take(Source source, int events)
    {
        if (source.Rate is not { } rate) return null;
        var wait = _buckets.GetOrAdd(source.Id, _ => new TokenBucket()).Take(rate, events, time.GetUtcNow());
        return wait == TimeSpan.Zero ? null : Rejection.TooManyEventsPerSecond(wait);
    }
}
