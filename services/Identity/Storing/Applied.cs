using System.Globalization;

namespace Cdp.Identity.Storing;

/// <summary>How far the decision log is applied to Redis.</summary>
/// <param name="Sequence">The last decision applied; 0 for none.</param>
/// <param name="Offset">The next offset of identity.decisions to apply.</param>
public readonly record struct Applied(long Sequence, long Offset)
{
    /// <summary>The stored form of <c>default</c>: no decision is applied.</summary>
    public const string Start = "0 0";

    /// <summary>Null if the text is not <c>SEQUENCE OFFSET</c>.</summary>
    public static Applied? Parse(string text) =>
        text.Split(' ') is [var sequenceText, var offsetText]
        && long.TryParse(sequenceText, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
        && long.TryParse(offsetText, NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
            ? new Applied(sequence, offset)
            : null;
}
