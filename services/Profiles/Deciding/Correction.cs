using cdp;
using Cdp.Profiles.State;

namespace Cdp.Profiles.Deciding;

/// <summary>
/// Corrects a wrong profile. A rebuild computes the correction, and the owner of the profile applies it through the log, so that the log stays correct.
/// </summary>
public static class Correction
{
    /// <summary>
    /// The corrected profile; null if the correction was made for a state other than the current one. In that case the profile has folded events that the
    /// correction lacks; the rebuild notices this and sends a new correction. The lineage stays as it is, because records in transit depend on it.
    /// </summary>
    public static Profile? Apply(Profile current, ProfileRecomputed correction, Folding folding)
    {
        // The correction already contains what a pending split has yet to deliver. Applying both would count it twice.
        if (current.pending.Count > 0 || current.awaited.Count > 0 || Fingerprint.Of(current) != correction.replaces) return null;
        var state = correction.state;
        var corrected = Folding.Empty(current.profileId);
        folding.Merge(corrected, state);
        corrected.mergedInto = state.mergedInto;
        Cuts.CopyLineage(corrected, current);
        folding.AddAbsorbed(corrected, current.absorbed);
        folding.AddSharedKeys(corrected, current.sharedKeys);
        corrected.routes = current.routes;
        return corrected;
    }
}
