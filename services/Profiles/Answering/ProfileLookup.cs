using System.Security.Cryptography;
using cdp;
using Cdp.Contracts;
using Cdp.Profiles.Splitting;
using Cdp.Profiles.Storing;
using Cdp.Streaming;

namespace Cdp.Profiles.Answering;

/// <summary>Where an identifier leads.</summary>
/// <param name="ProfileId">The profile that identity names, or that the identifier implies.</param>
/// <param name="Aliases">The profiles that became part of another, from that one on, in the order in which they were followed.</param>
/// <param name="Profile">The living one; null where nothing has been folded yet.</param>
/// <param name="Version">Of the living one's state: another one whenever anything of it is.</param>
public sealed record FoundProfile(string ProfileId, IReadOnlyList<string> Aliases, Profile? Profile, string Version);

/// <summary>Finds the profile of an identifier in Redis: one read for the root, one for the profile, one more for each alias.</summary>
public sealed class ProfileLookup(Generations generations, AvroCodec codec, ProfileIds ids, int partitions)
{
    /// <summary>The type under which a profile is found by its own id, which other topics have as their key.</summary>
    public const string ProfileIdType = "profile_id";

    // Identity merges into roots only, so a chain is as long as its merges are recent; a longer one is a cycle.
    private const int LongestChain = 64;

    private readonly StateCodec _states = new(state => codec.Encode(Topics.Profiles, state), bytes => (Profile)codec.Decode(bytes));

    public async Task<FoundProfile> FindAsync(Identifier identifier)
    {
        var (rooted, current) = (RootAsync(identifier), generations.CurrentAsync());
        var (root, store) = (await rooted, await current);
        var (profileId, aliases) = (root, new List<string>());
        while (aliases.Count < LongestChain)
        {
            if (await store.FindAsync(Partitioner.Partition(profileId, partitions), profileId) is not { } bytes) return new FoundProfile(root, aliases, null, "");
            var profile = (Profile)codec.Decode(bytes);
            if (profile.mergedInto is null) return new FoundProfile(root, aliases, PendingSplits.Whole(profile, _states), Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16)));
            aliases.Add(profileId);
            profileId = profile.mergedInto;
        }
        throw new InvalidDataException($"the aliases of profile {root} do not end");
    }

    private async Task<string> RootAsync(Identifier identifier)
    {
        if (identifier.type == ProfileIdType) return identifier.value;
        // SEQUENCE ROOT, where the identifier was ever linked to another.
        return await generations.RootAsync(identifier) is { } text ? text[(text.IndexOf(' ') + 1)..] : ids.Implied(identifier);
    }
}
