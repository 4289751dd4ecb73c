using Cdp.Contracts;
using Cdp.Identity.Linking;
using StackExchange.Redis;

namespace Cdp.Identity;

/// <summary>
/// What became of unlink requests, in Redis: written by the linker for whoever asked. It lasts for a day and nothing rests on it: splits are in the
/// decision log for ever.
/// </summary>
public sealed class UnlinkOutcomes(IConnectionMultiplexer redis, string prefix)
{
    private static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    private readonly HotState _hot = new(prefix);

    private IDatabase Database => redis.GetDatabase();

    /// <summary>The request is on its way.</summary>
    public Task ExpectAsync(string requestId) => Database.StringSetAsync(Key(requestId), "", Kept, when: When.NotExists);

    /// <summary>The request stands at this offset of identity.requests.</summary>
    public Task AskedAsync(string requestId, long offset) => Database.StringSetAsync(OffsetKey(requestId), offset, Kept);

    /// <summary>Where the request stands; null while that is not known.</summary>
    public async Task<long?> OffsetAsync(string requestId) => (long?)await Database.StringGetAsync(OffsetKey(requestId));

    /// <summary>The same outcome however often it is written: a request is decided once.</summary>
    public Task WriteAsync(string requestId, UnlinkOutcome outcome) => Database.StringSetAsync(Key(requestId), outcome.ToJson(), Kept);

    /// <returns>Whether such a request is known, and its outcome: null while the linker has not come to it.</returns>
    public async Task<(bool IsKnown, UnlinkOutcome? Outcome)> FindAsync(string requestId) => (string?)await Database.StringGetAsync(Key(requestId)) switch
    {
        null => (false, null),
        "" => (true, null),
        var json => (true, UnlinkOutcome.FromJson(json)),
    };

    /// <summary>What Profiles folded anew after a split, JSON; null while they have not.</summary>
    public async Task<string?> ReportAsync(long sequence) => await Database.StringGetAsync(_hot.SplitReport(sequence));

    private RedisKey Key(string requestId) => $"{prefix}linker:unlink:{requestId}";

    private RedisKey OffsetKey(string requestId) => $"{prefix}linker:unlink-offset:{requestId}";
}
