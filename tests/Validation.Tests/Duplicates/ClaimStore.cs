using StackExchange.Redis;

namespace Cdp.Validation.Tests.Duplicates;

/// <summary>The claims of one test in Redis, and ways to lose them.</summary>
internal sealed class ClaimStore(IConnectionMultiplexer redis)
{
    public string Prefix { get; } = $"{Guid.NewGuid():n}:";

    private IDatabase Database => redis.GetDatabase();

    public IReadOnlyList<string> Keys(string pattern = "*") => [.. redis.GetServers()[0].Keys(pattern: Prefix + pattern).Select(key => (string)key!)];

    public async Task LoseAllAsync()
    {
        foreach (var key in Keys()) await Database.KeyDeleteAsync(key);
    }

    /// <summary>What a snapshot file of Redis would contain now.</summary>
    public async Task<IReadOnlyDictionary<string, byte[]?>> SnapshotAsync()
    {
        var snapshot = new Dictionary<string, byte[]?>();
        foreach (var key in Keys()) snapshot[key] = await Database.KeyDumpAsync(key);
        return snapshot;
    }

    /// <summary>Makes Redis look as if it had restarted from an older snapshot.</summary>
    public async Task RollBackAsync(IReadOnlyDictionary<string, byte[]?> snapshot)
    {
        await LoseAllAsync();
        foreach (var (key, value) in snapshot) await Database.KeyRestoreAsync(key, value!);
    }

    /// <summary>Expires a slot's marker and some of its buckets. A bucket never expires before the marker.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="slot">The slot.</param>
    /// <param name="buckets">Chooses the buckets by key.</param>
    public async Task ExpireAsync(int partition, long slot, Func<string, bool> buckets)
    {
        foreach (var key in Keys($"claims-slot:{{p{partition}}}:*:{slot}")) await Database.KeyDeleteAsync(key);
        foreach (var key in Keys($"claims:{{p{partition}}}:*:{slot}:*").Where(buckets)) await Database.KeyDeleteAsync(key);
    }
}
