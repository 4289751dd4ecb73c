using cdp;
using Cdp.Contracts;
using Cdp.Profiles.Storing;
using Cdp.Streaming;

namespace Cdp.Profiles.Answering;

/// <summary>Finds the profile of an identifier in Redis.</summary>
public sealed class ProfileLookup(Generations generations, AvroCodec codec, ProfileIds ids, int partitions)
{
    // Identity merges into roots only, so a chain is as long as its merges are recent; a longer one is a cycle.
    private const int LongestChain = 64;

    /// <summary>The id that was looked up first, and the living profile that it leads to: null where nothing has been folded yet.</summary>
    public async Task<(string ProfileId, Profile? Profile)> FindAsync(Identifier identifier)
    {
        // SEQUENCE ROOT, where the identifier was ever linked to another.
        var (rooted, current) = (generations.RootAsync(identifier), generations.CurrentAsync());
        var store = await current;
        var root = await rooted is { } text ? text[(text.IndexOf(' ') + 1)..] : ids.Implied(identifier);
        var profileId = root;
        for (var hops = 0; hops < LongestChain; hops++)
        {
            if (await store.FindAsync(Partitioner.Partition(profileId, partitions), profileId) is not { } bytes) return (root, null);
            var profile = (Profile)codec.Decode(bytes);
            if (profile.mergedInto is null) return (root, profile);
            profileId = profile.mergedInto;
        }
        throw new InvalidDataException($"the aliases of profile {root} do not end");
    }
}
