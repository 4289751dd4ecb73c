using Cdp.Contracts;
using Cdp.Hosting.HotState;
using StackExchange.Redis;

namespace Cdp.Profiles.Splitting.Jobs;

/// <summary>The Redis keys of splits: which profiles have a pending split, so that it is found again after a restart, and the reports.</summary>
public sealed class SplitStore(IConnectionMultiplexer redis, HotStateKeys keys, string prefix)
{
    // A report is only read shortly after the split. Identity keeps the decision itself.
    private static readonly TimeSpan ReportsKept = TimeSpan.FromDays(7);

    /// <summary>
    /// Records profiles with a pending split. Must be called before the profiles are written, or a crash in between would lose a split. A profile recorded
    /// without a pending split does no harm: it is removed when it is read.
    /// </summary>
    public Task AddAsync(int partition, IReadOnlyCollection<string> profileIds) => profileIds.Count == 0
        ? Task.CompletedTask
        : OnSetAsync(partition, (set, key) => set.SetAddAsync(key, [.. profileIds.Select(id => (RedisValue)id)]));

    public async Task<IReadOnlyList<string>> ListAsync(int partition) =>
        [.. (await OnSetAsync(partition, (set, key) => set.SetMembersAsync(key))).Select(id => id.ToString())];

    /// <summary>Only the owner of the partition may call this, after it has committed the profile without a pending split.</summary>
    public Task RemoveAsync(int partition, string profileId) => OnSetAsync(partition, (set, key) => set.SetRemoveAsync(key, profileId));

    public Task ReportAsync(SplitReport report) => redis.GetDatabase().StringSetAsync(keys.SplitReport(report.Sequence), report.ToJson(), ReportsKept);

    /// <summary>Reports that a split failed too often and is not tried again until the next start.</summary>
    public Task ReportFailureAsync(long sequence, string reason) => redis.GetDatabase().StringSetAsync(keys.SplitFailure(sequence), reason, ReportsKept);

    private Task<T> OnSetAsync<T>(int partition, Func<IDatabase, RedisKey, Task<T>> call)
    {
        var key = Key(partition);
        var remedy = $"delete it and {keys.ProfilesPosition(partition)}: the service then restores both from the topic profiles";
        return redis.GetDatabase().RunCheckedAsync(database => call(database, key), remedy, [(key, RedisType.Set)]);
    }

    private RedisKey Key(int partition) => $"{prefix}profiles-splits:{{p{partition}}}";
}
