namespace Cdp.Identity.Graph;

/// <summary>The field <c>kind</c> of IdentityDecision.</summary>
public static class DecisionKind
{
    /// <summary>Identifiers that no decision had named joined one profile.</summary>
    public const string Linked = "linked";

    /// <summary>Profiles that earlier decisions had created became one.</summary>
    public const string Merged = "merged";

    /// <summary>Nothing was linked: the profile would have had too many identifiers of a type.</summary>
    public const string Limit = "limit";

    /// <summary>Nothing was linked: the profile would have had more merges or identifiers than any profile may have.</summary>
    public const string Capped = "capped";

    /// <summary>An operator took identifiers out of a profile.</summary>
    public const string Split = "split";

    /// <summary>Whether a decision of the kind adds identifiers to its profile.</summary>
    public static bool Joins(string kind) => kind is Linked or Merged;
}
