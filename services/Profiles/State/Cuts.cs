using cdp;
using Cdp.Profiles.State.Ordering;

namespace Cdp.Profiles.State;

/// <summary>
/// Names the parts of a profile that are incomplete because a bound was reached. Once a part is named, it remains named. A cut concerns either the content of
/// the profile (traits, identifiers) or its lineage: which profiles it absorbed and shares keys with.
/// </summary>
public static class Cuts
{
    /// <summary>Trait names: there were too many, one was too long, or the traits of an event could not be read.</summary>
    public const string Traits = "traits";

    public const string Identifiers = "identifiers";
    public const string Absorbed = "absorbed";
    public const string SharedKeys = "shared_keys";

    private const string TraitValues = "trait_values";
    private const string Events = "events";

    public static void Add(Profile profile, string what) => Sorted.Add(profile.cut, what, string.CompareOrdinal);

    public static bool Has(Profile profile, string what) => profile.cut.Contains(what);

    /// <summary>Copies the cuts of a profile's lineage to another state of the same profile.</summary>
    public static void CopyLineage(Profile state, Profile profile)
    {
        foreach (var what in profile.cut.Where(what => !IsContent(what))) Add(state, what);
    }

    /// <summary>Whether the part is content of the profile rather than lineage.</summary>
    public static bool IsContent(string what) => what is Traits or Identifiers;

    /// <summary>All incomplete parts of a profile, including those that are derived from the state: trait values and event names.</summary>
    public static IReadOnlyList<string> Of(Profile profile)
    {
        List<string> cut = [.. profile.cut];
        if (profile.cutTraits.Count > 0) cut.Add(TraitValues);
        if (profile.otherEvents is not null) cut.Add(Events);
        return cut;
    }

    /// <summary>
    /// Keeps the first elements of a sorted set and names the part if any are dropped. The first elements of a union are among the first of its parts, so
    /// the result does not depend on the order of merges.
    /// </summary>
    public static IList<string> First(Profile profile, IList<string> sorted, int count, string what)
    {
        if (sorted.Count <= count) return sorted;
        Add(profile, what);
        return [.. sorted.Take(count)];
    }
}
