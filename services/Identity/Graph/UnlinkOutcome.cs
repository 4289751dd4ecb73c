using System.Text.Json;
using cdp;

namespace Cdp.Identity.Graph;

/// <summary>Why an unlink request changed nothing.</summary>
/// <param name="Code">One of the constants below; stable, for programs.</param>
/// <param name="Message">The reason and the remedy, for people.</param>
public sealed record UnlinkRefusal(string Code, string Message)
{
    public const string NotLinked = "not_linked";
    public const string SeveralProfiles = "several_profiles";
    public const string NothingRemains = "nothing_remains";

    /// <summary>The linker refused the request and ended before it could save the reason.</summary>
    public const string ReasonLost = "not_said";
}

/// <summary>The outcome of an unlink request, which the linker saves in Redis for the API.</summary>
/// <param name="Sequence">The sequence of the split; 0 if the request was refused.</param>
/// <param name="ProfileId">The profile that was split; null if the request was refused.</param>
/// <param name="Into">The profile that was split off; null if the request was refused.</param>
/// <param name="Refusal">Null if the profile was split.</param>
public sealed record UnlinkOutcome(long Sequence, string? ProfileId, string? Into, UnlinkRefusal? Refusal)
{
    public static UnlinkOutcome Of(IdentityDecision split) => new(split.sequence, split.profileId, split.into, null);

    public static UnlinkOutcome Of(UnlinkRefusal refusal) => new(0, null, null, refusal);

    public string ToJson() => JsonSerializer.Serialize(this);

    /// <summary>Null if the text is not an outcome.</summary>
    public static UnlinkOutcome? FromJson(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<UnlinkOutcome>(json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
