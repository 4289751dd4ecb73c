using cdp;
using Cdp.Profiles.State;

namespace Cdp.Profiles.Splitting;

/// <summary>
/// Stores and transfers each pending split in a separate record. The state that a split has set aside is as large as a profile, and no record may contain two
/// profiles. The record of the profile only refers to its splits. A part is a <see cref="Profile"/> with <c>heldBy</c>: its state is what the split set aside,
/// and its single pending split has the remaining fields.
/// </summary>
public static class HeldParts
{
    /// <summary>The record key of a part.</summary>
    public static string Key(string profileId, long sequence) => $"{profileId}/{sequence}";

    /// <summary>Whether a pending split is only a reference to its part.</summary>
    public static bool IsReference(PendingSplit split) => split.identifiers.Count == 0;

    /// <summary>The keys of the parts that a stored profile refers to.</summary>
    public static IEnumerable<string> Keys(Profile stored) => stored.pending.Where(IsReference).Select(split => Key(stored.profileId, split.sequence));

    /// <summary>The part that stores a pending split of a profile.</summary>
    public static Profile Create(string profileId, PendingSplit split, StateCodec codec)
    {
        var part = PendingSplits.HasBegun(split) ? codec.Decode(split.before) : Folding.Empty(profileId);
        (part.profileId, part.heldBy) = (Key(profileId, split.sequence), profileId);
        part.pending = [PendingSplits.With(split, [], split.cuts, split.family)];
        return part;
    }

    /// <summary>The record that deletes a part whose split has ended or moved to another profile.</summary>
    public static Profile Deleted(string profileId, long sequence)
    {
        var part = Folding.Empty(Key(profileId, sequence));
        part.heldBy = profileId;
        return part;
    }

    /// <summary>The pending split that a part stores.</summary>
    public static PendingSplit ToSplit(Profile part, StateCodec codec)
    {
        var split = part.pending[0];
        if (!PendingSplits.HasBegun(split)) return split;
        // Copied, because the part belongs to a record or to another profile.
        var before = codec.Decode(codec.Encode(part));
        (before.profileId, before.heldBy, before.pending) = (part.heldBy, null, []);
        return PendingSplits.With(split, codec.Encode(before), split.cuts, split.family);
    }

    /// <summary>Replaces a profile's pending splits by references.</summary>
    public static void Detach(Profile profile) => profile.pending =
    [
        .. profile.pending.Select(split =>
            new PendingSplit { sequence = split.sequence, into = split.into, identifiers = [], family = [], cuts = [], before = [] }),
    ];

    /// <summary>Replaces the references of a stored profile by the pending splits. Returns false if a part is missing.</summary>
    public static bool Attach(Profile stored, Func<string, Profile?> part, StateCodec codec)
    {
        var splits = new List<PendingSplit>();
        foreach (var split in stored.pending)
        {
            if (!IsReference(split)) splits.Add(split);
            else if (part(Key(stored.profileId, split.sequence)) is { heldBy: not null, pending.Count: > 0 } found) splits.Add(ToSplit(found, codec));
            else return false;
        }
        stored.pending = splits;
        return true;
    }
}
