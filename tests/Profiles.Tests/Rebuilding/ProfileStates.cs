using cdp;
using Cdp.Contracts;
using Cdp.Streaming.Reading;
using StackExchange.Redis;

namespace Cdp.Profiles.Tests.Rebuilding;

/// <summary>Reads the stored states of all profiles of an installation.</summary>
internal static class ProfileStates
{
    /// <summary>All profiles of a generation in Redis, by their ids.</summary>
    public static async Task<Dictionary<string, Profile>> InRedisAsync(Installation installation, IConnectionMultiplexer connection, int generation)
    {
        var states = new Dictionary<string, Profile>();
        for (var partition = 0; partition < installation.Kafka.Partitions; partition++)
        {
            var start = installation.Keys.Profile(partition, "", generation);
            foreach (var key in connection.GetServers()[0].Keys(pattern: $"{start}*").ToList())
            {
                if ((byte[]?)await connection.GetDatabase().StringGetAsync(key) is not { } bytes) continue;
                states[((string)key!)[start.Length..]] = (Profile)installation.Codec.Decode(bytes);
            }
        }
        return states;
    }

    /// <summary>The last record of each profile on the topic profiles, by their ids.</summary>
    public static async Task<Dictionary<string, Profile>> InLogAsync(Installation installation)
    {
        var states = new Dictionary<string, Profile>();
        for (var partition = 0; partition < installation.Kafka.Partitions; partition++)
        {
            await Changelog.ReadAsync(installation.Kafka, installation.Codec, Topics.Profiles, partition, 0, changes =>
            {
                foreach (var change in changes) states[change.Key!] = (Profile)change.Value!;
                return Task.CompletedTask;
            }, TestContext.Current.CancellationToken);
        }
        return states;
    }

    /// <summary>The states as text, so that a test can compare them.</summary>
    public static string Text(Dictionary<string, Profile> states) =>
        string.Join("\n\n", states.OrderBy(state => state.Key, StringComparer.Ordinal).Select(state => Some.Text(state.Value)));
}
