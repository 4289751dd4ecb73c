using cdp;
using Cdp.Contracts;
using Cdp.Profiles.Splitting;
using Cdp.Profiles.State;
using Cdp.Profiles.Storing;
using Cdp.Streaming.Schemas;

namespace Cdp.Profiles.Api;

/// <summary>The result of a lookup.</summary>
/// <param name="ProfileId">The profile that identity assigned the identifier to, or the one it implies.</param>
/// <param name="Aliases">The merged profiles on the way from there to the living profile, in order.</param>
/// <param name="Profile">The living profile; null if no event was folded into it.</param>
/// <param name="Version">The version of the living profile's state. It changes whenever the state does.</param>
public sealed record FoundProfile(string ProfileId, IReadOnlyList<string> Aliases, Profile? Profile, string Version);

/// <summary>Finds the profile of an identifier in Redis: one read for the root, one for the profile, and one more for each alias.</summary>
public sealed class ProfileLookup(Generations generations, AvroCodec codec, Folding folding, int partitions)
{
    /// <summary>The type that looks up a profile by its own id, which is the key on other topics.</summary>
    public const string ProfileIdType = "profile_id";

    // Identity merges only into roots, so a chain is no longer than the number of merges within a few seconds. A longer one is a cycle.
    private const int LongestChain = 64;

    private readonly ProfileReader _profiles = new(codec, folding);

    public async Task<FoundProfile> FindAsync(Identifier identifier)
    {
        var (rooted, current) = (RootAsync(identifier), generations.CurrentAsync());
        var (root, store) = (await rooted, await current);
        var (profileId, aliases) = (root, new List<string>());
        while (aliases.Count < LongestChain)
        {
            if (await _profiles.FindAsync(store, Partitioner.Partition(profileId, partitions), profileId) is not var (profile, version))
            {
                return new FoundProfile(root, aliases, null, "");
            }
            if (profile.mergedInto is null) return new FoundProfile(root, aliases, PendingSplits.Combined(profile, _profiles.Codec, folding), version);
            aliases.Add(profileId);
            profileId = profile.mergedInto;
        }
        throw store.Unreadable(Partitioner.Partition(root, partitions), root, "the start of an endless chain of merged profiles");
    }

    private async Task<string> RootAsync(Identifier identifier)
    {
        if (identifier.type == ProfileIdType) return identifier.value;
        return await generations.RootAsync(identifier) ?? folding.Ids.Implied(identifier);
    }
}
