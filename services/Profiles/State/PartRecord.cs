using cdp;

namespace Cdp.Profiles.State;

/// <summary>
/// Distinguishes the records of the topic profiles: a profile, or a part of one. A part contains the state that a pending split has set aside; its
/// <c>heldBy</c> names the profile.
/// </summary>
public static class PartRecord
{
    public static bool IsPart(Profile record) => record.heldBy is not null;

    /// <summary>Whether the record replaces a part whose split has ended or moved to another profile.</summary>
    public static bool IsDeleted(Profile record) => record is { heldBy: not null, pending.Count: 0 };

    /// <summary>Whether the record is a profile, not a part, with a pending split.</summary>
    public static bool NamesPendingSplit(Profile record) => record is { heldBy: null, pending.Count: > 0 };
}
