using cdp;
using Cdp.Chaos.People;
using Cdp.Chaos.Processes;
using Cdp.Chaos.Sending;
using Cdp.Contracts;
using Cdp.Streaming.Schemas;
using StackExchange.Redis;

namespace Cdp.Chaos.Faults;

/// <summary>
/// Logins of separate customers, sent to find out when the whole pipeline works again: through every partition and the linker into readable profiles.
/// </summary>
public sealed class Canaries(Population population, Sender sender, Installation installation, IConnectionMultiplexer redis, AvroCodec codec)
{
    /// <summary>Enough to reach every partition with high probability.</summary>
    private const int PerProbe = 24;

    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(4);

    private readonly HotStateKeys _hot = new(installation.KeyPrefix);
    private int _next = population.Ordinary;

    /// <summary>The number of canary logins needed for the given number of faults.</summary>
    public static int CountFor(int faults) => faults * PerProbe;

    /// <summary>Sends the next canaries and returns when all of them are readable.</summary>
    /// <exception cref="TimeoutException">They were not readable within the bound.</exception>
    public async Task ProbeAsync(CancellationToken stopping)
    {
        int[] batch = [.. Enumerable.Range(_next, PerProbe)];
        _next += PerProbe;
        await sender.SendAsync(batch, 0, stopping);
        var missing = batch.Select(index => population.Events[index]).ToList();
        await Wait.UntilAsync(async () =>
        {
            var checks = await Task.WhenAll(missing.Select(async canary => (Canary: canary, IsReadable: await IsReadableAsync(canary))));
            missing = [.. checks.Where(check => !check.IsReadable).Select(check => check.Canary)];
            return missing.Count == 0;
        }, Bound, "the canary logins are readable", stopping);
    }

    private async Task<bool> IsReadableAsync(SentEvent canary)
    {
        // The user id takes priority over the device, so the profile is the one that the user id implies.
        var profileId = installation.ProfileIds.Implied(canary.Ids[0].ToRecord());
        try
        {
            var generation = await installation.ProfileGenerationAsync(redis.GetDatabase());
            var partition = Partitioner.Partition(profileId, installation.Kafka.Partitions);
            var bytes = (byte[]?)await redis.GetDatabase().StringGetAsync(_hot.Profile(partition, profileId, generation));
            return bytes is not null && codec.Decode(bytes) is Profile { counts.Count: > 0 };
        }
        catch (Exception e) when (e is RedisException or RedisTimeoutException or TimeoutException or HttpRequestException)
        {
            return false;
        }
    }
}
