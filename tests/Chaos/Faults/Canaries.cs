using cdp;
using Cdp.Chaos.Machines;
using Cdp.Chaos.People;
using Cdp.Chaos.Sending;
using Cdp.Contracts;
using Cdp.Streaming;
using StackExchange.Redis;

namespace Cdp.Chaos.Faults;

/// <summary>Logins of customers of their own, sent to learn when the whole way works again: over every partition, over the linker, into readable profiles.</summary>
public sealed class Canaries(Population population, Sender sender, Installation installation, IConnectionMultiplexer redis, AvroCodec codec)
{
    /// <summary>As many a time as reach every partition almost surely.</summary>
    public const int AtOnce = 24;

    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(3);

    private readonly HotState _hot = new(installation.KeyPrefix);
    private int _next = population.Ordinary;

    /// <summary>How many there are to send for this many faults.</summary>
    public static int For(int faults) => faults * AtOnce;

    /// <summary>Sends the next ones, and returns when all are readable.</summary>
    /// <exception cref="TimeoutException">They never were.</exception>
    public async Task FlyAsync(CancellationToken stopping)
    {
        int[] flock = [.. Enumerable.Range(_next, AtOnce)];
        _next += AtOnce;
        await sender.SendAsync(flock, 0, stopping);
        var missing = flock.Select(index => population.Events[index]).ToList();
        await Waiting.UntilAsync(async () =>
        {
            missing = [.. (await Task.WhenAll(missing.Select(async canary => (canary, await IsReadableAsync(canary))))).Where(canary => !canary.Item2).Select(canary => canary.canary)];
            return missing.Count == 0;
        }, Bound, $"the logins of {string.Join(", ", missing.Select(canary => canary.UserId))} are readable", stopping);
    }

    private async Task<bool> IsReadableAsync(Sent canary)
    {
        // The user id wins over the device, so the profile is the one that it implies.
        var profileId = installation.ProfileIds.Implied(canary.Ids[0].ToRecord());
        try
        {
            var bytes = (byte[]?)await redis.GetDatabase().StringGetAsync(_hot.Profile(Partitioner.Partition(profileId, installation.Kafka.Partitions), profileId));
            return bytes is not null && codec.Decode(bytes) is Profile { counts.Count: > 0 };
        }
        catch (Exception e) when (e is RedisException or RedisTimeoutException or TimeoutException or HttpRequestException)
        {
            return false;
        }
    }
}
