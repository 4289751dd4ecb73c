using cdp;
using Cdp.Profiles.State;

namespace Cdp.Profiles.Rebuilding;

/// <summary>What a rebuild found wrong is put right by the profile's owner, in the log, so that the log stays the truth.</summary>
public static class Correction
{
    /// <summary>
    /// The corrected profile; null where the correction is not for what is there now: whatever was folded since is not in it. Who sent it sees that, and
    /// sends another. How the state came together stays as it is, for what of it is still on its way.
    /// </summary>
    public static Profile? Apply(Profile now, ProfileRecomputed correction)
    {
        // What is still to come of a split is in the correction already.
        if (now.pending.Count > 0 || now.awaited.Count > 0 || Fingerprint.Of(now) != correction.replaces) return null;
        var state = correction.state;
        var corrected = Folding.Empty(now.profileId);
        Folding.Merge(corrected, state);
        corrected.mergedInto = state.mergedInto;
        foreach (var profileId in now.absorbed) Sorted.Add(corrected.absorbed, profileId, string.CompareOrdinal);
        (corrected.routes, corrected.sharedKeys) = (now.routes, now.sharedKeys);
        return corrected;
    }
}
