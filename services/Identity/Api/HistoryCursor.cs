using System.Globalization;

namespace Cdp.Identity.Api;

/// <summary>The end of a page of a history.</summary>
/// <param name="Before">All decisions of the page have a lower sequence.</param>
/// <param name="Profiles">The profiles whose decisions are part of the history before this point.</param>
public sealed record HistoryCursor(long Before, IReadOnlyList<string> Profiles)
{
    private const char Separator = '.';
    private const int MaxProfileIdLength = 64;

    /// <summary>The end of a profile's whole history.</summary>
    public static HistoryCursor EndOf(string profileId) => new(long.MaxValue, [profileId]);

    /// <summary>Null if the text is not a cursor.</summary>
    public static HistoryCursor? Parse(string text) =>
        text.Split(Separator) is [var before, .. { Length: > 0 } profiles]
        && long.TryParse(before, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
        && profiles.All(IsProfileId)
            ? new HistoryCursor(sequence, profiles)
            : null;

    public override string ToString() => string.Join(Separator, [Before.ToString(CultureInfo.InvariantCulture), .. Profiles]);

    // Checked because it becomes part of a Redis key.
    private static bool IsProfileId(string text) => text.Length is > 0 and <= MaxProfileIdLength && text.All(char.IsAsciiLetterOrDigit);
}
