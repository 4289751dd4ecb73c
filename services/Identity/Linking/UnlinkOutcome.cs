using System.Text.Json;
using cdp;

namespace Cdp.Identity.Linking;

/// <summary>Why an unlink request changed nothing.</summary>
/// <param name="Code">Stable: <c>not_linked</c>, <c>several_profiles</c>, <c>nothing_remains</c> or <c>not_said</c>.</param>
/// <param name="Message">The same for people.</param>
public sealed record UnlinkRefusal(string Code, string Message);

/// <summary>What became of an unlink request, as the linker leaves it in Redis for whoever asked.</summary>
/// <param name="Sequence">The decision; 0: refused.</param>
/// <param name="ProfileId">The profile that was split; null: refused.</param>
/// <param name="Into">The profile that came out; null: refused.</param>
/// <param name="Refusal">Null: it was split.</param>
public sealed record UnlinkOutcome(long Sequence, string? ProfileId, string? Into, UnlinkRefusal? Refusal)
{
    public static UnlinkOutcome Of(IdentityDecision split) => new(split.sequence, split.profileId, split.into, null);

    public static UnlinkOutcome Of(UnlinkRefusal refusal) => new(0, null, null, refusal);

    public string ToJson() => JsonSerializer.Serialize(this);

    public static UnlinkOutcome FromJson(string json) => JsonSerializer.Deserialize<UnlinkOutcome>(json)!;
}
