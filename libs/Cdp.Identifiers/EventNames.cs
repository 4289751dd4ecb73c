using cdp;

namespace Cdp.Identifiers;

/// <summary>The names that an event gives its customer.</summary>
/// <param name="Identifiers">Normalised, each once, highest priority first; never empty.</param>
/// <param name="Dropped">Those that it carried and that name nobody, with the reason.</param>
public sealed record EventNames(IReadOnlyList<Identifier> Identifiers, IReadOnlyList<DroppedIdentifier> Dropped);

/// <summary>Why an identifier that an event carried is not used for it.</summary>
public static class DropReason
{
    /// <summary>The value names nobody.</summary>
    public const string Blocked = "blocked";

    /// <summary>The value is not what its type calls for.</summary>
    public const string Invalid = "invalid";

    /// <summary>With it the profile would have had more of a type than may be.</summary>
    public const string Limit = "limit";

    /// <summary>With it the profile would have had more merges or identifiers than any may have.</summary>
    public const string Capped = "capped";
}
