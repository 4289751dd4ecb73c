namespace Cdp.Identity.Linking;

/// <summary>What a decision says; the kinds of IdentityDecision.</summary>
public static class DecisionKind
{
    /// <summary>Identifiers that nothing was known of joined one profile.</summary>
    public const string Linked = "linked";

    /// <summary>Profiles became one.</summary>
    public const string Merged = "merged";

    /// <summary>Nothing joined: a profile would have had more of a type than may be.</summary>
    public const string Limit = "limit";

    /// <summary>Nothing joined: a profile would have had more merges or identifiers than any may have.</summary>
    public const string Capped = "capped";

    /// <summary>An operator took identifiers out of a profile.</summary>
    public const string Split = "split";

    /// <summary>Whether identifiers have joined its profile after it.</summary>
    public static bool Joins(string kind) => kind is Linked or Merged;
}
