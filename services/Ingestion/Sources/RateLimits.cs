using System.Collections.Concurrent;
using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Sources;

/// <summary>Holds each source to its rate. What was taken outlives a change of the source's file.</summary>
public sealed class RateLimits(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, TokenBucket> _buckets = new();

    /// <returns>Null: they may come. Else the refusal, with when to come again.</returns>
    public Rejection? Take(Source source, int events)
    {
        if (source.Rate is not { } rate) return null;
        var wait = _buckets.GetOrAdd(source.Id, _ => new TokenBucket()).Take(rate, events, time.GetUtcNow());
        return wait == TimeSpan.Zero ? null : Rejection.TooManyEventsPerSecond(wait);
    }
}
