using Cdp.Contracts;
using Cdp.Hosting.HotState;
using Cdp.Identity.Graph;
using StackExchange.Redis;

namespace Cdp.Identity.Storing;

/// <summary>
/// Outcomes of unlink requests in Redis, which the linker writes and the API reads. They are kept for a day. Nothing depends on them: the decision log keeps
/// every split permanently.
/// </summary>
public sealed class UnlinkOutcomes(IConnectionMultiplexer redis, string prefix)
{
    private static readonly TimeSpan Retention = TimeSpan.FromDays(1);

    private const string Remedy = "delete it: the profile's history still shows every split";

    private readonly HotStateKeys _hot = new(prefix);

    private IDatabase Database => redis.GetDatabase();

    /// <summary>Makes a request known before it is written to Kafka.</summary>
    public Task AddAsync(string requestId) => Database.StringSetAsync(Key(requestId), "", Retention, when: When.NotExists);

    /// <summary>Saves the offset of a request in identity.requests.</summary>
    public Task SaveOffsetAsync(string requestId, long offset) => Database.StringSetAsync(OffsetKey(requestId), offset, Retention);

    /// <summary>The offset of a request; null while it is not known.</summary>
    public async Task<long?> FindOffsetAsync(string requestId) =>
        RedisReads.ParseNumber(OffsetKey(requestId), await Database.ReadStringAsync(OffsetKey(requestId), Remedy), Remedy);

    /// <summary>Saves an outcome. A request is decided once, so repeated writes have the same value.</summary>
    public Task SaveAsync(string requestId, UnlinkOutcome outcome) => Database.StringSetAsync(Key(requestId), outcome.ToJson(), Retention);

    /// <returns>Whether the request is known, and its outcome; null while the linker has not decided on it.</returns>
    public async Task<(bool IsKnown, UnlinkOutcome? Outcome)> FindAsync(string requestId)
    {
        var value = (string?)await Database.ReadStringAsync(Key(requestId), Remedy);
        return value switch
        {
            null => (false, null),
            "" => (true, null),
            var json => (true, UnlinkOutcome.FromJson(json) ?? throw RedisReads.Unreadable(Key(requestId), json, "an outcome in JSON", Remedy)),
        };
    }

    /// <summary>The profiles service's report (JSON) on the profiles it recomputed after a split; null until it is done.</summary>
    public async Task<string?> FindReportAsync(long sequence) => await Database.ReadStringAsync(_hot.SplitReport(sequence), Remedy);

    /// <summary>Why the profiles service gave up recomputing the profiles after a split; null if it did not.</summary>
    public async Task<string?> FindFailureAsync(long sequence) => await Database.ReadStringAsync(_hot.SplitFailure(sequence), Remedy);

    private RedisKey Key(string requestId) => $"{prefix}linker:unlink:{requestId}";

    private RedisKey OffsetKey(string requestId) => $"{prefix}linker:unlink-offset:{requestId}";
}
