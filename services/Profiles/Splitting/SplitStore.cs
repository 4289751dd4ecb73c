using Cdp.Contracts;
using StackExchange.Redis;

namespace Cdp.Profiles.Splitting;

/// <summary>What of splits is in Redis beside the profiles: which profiles have one pending, so that it is found again after a restart, and the reports.</summary>
public sealed class SplitStore(IConnectionMultiplexer redis, HotState keys, string prefix)
{
    // Whoever waits for a report asks at once; the decision itself is kept by identity.
    private static readonly TimeSpan ReportsKept = TimeSpan.FromDays(7);

    /// <summary>Before the profile itself is written, so that none is missed; one too many is looked at and forgotten.</summary>
    public Task AddAsync(int partition, IReadOnlyCollection<string> profileIds) =>
        profileIds.Count == 0 ? Task.CompletedTask : redis.GetDatabase().SetAddAsync(Key(partition), [.. profileIds.Select(id => (RedisValue)id)]);

    public async Task<IReadOnlyList<string>> ListAsync(int partition) => [.. (await redis.GetDatabase().SetMembersAsync(Key(partition))).Select(id => id.ToString())];

    /// <summary>By the partition's owner alone, after a profile without a pending split was committed.</summary>
    public Task RemoveAsync(int partition, string profileId) => redis.GetDatabase().SetRemoveAsync(Key(partition), profileId);

    public Task ReportAsync(SplitReport report) => redis.GetDatabase().StringSetAsync(keys.SplitReport(report.Sequence), report.ToJson(), ReportsKept);

    private RedisKey Key(int partition) => $"{prefix}profiles-splits:{{p{partition}}}";
}
