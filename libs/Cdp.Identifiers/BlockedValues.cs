using System.Text.RegularExpressions;

namespace Cdp.Identifiers;

/// <summary>Values that name nobody: one profile of all of them would help nobody.</summary>
/// <param name="values">The operator's, compared without white space around and whatever the case.</param>
/// <param name="patterns">The operator's.</param>
public sealed partial class BlockedValues(IEnumerable<string> values, IReadOnlyList<Regex> patterns)
{
    /// <summary>How an operator's pattern is read: in a time that grows with the value's length alone, whatever the case.</summary>
    public const RegexOptions PatternOptions = RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;

    private readonly HashSet<string> _values = [.. values.Select(Plain)];

    public bool Contains(string value) => Defaults().IsMatch(value.AsSpan().Trim()) || (_values.Count > 0 && _values.Contains(Plain(value))) || patterns.Any(pattern => pattern.IsMatch(value));

    private static string Plain(string value) => value.Trim().ToLowerInvariant();

    // What senders send when they know nobody: zeros and dashes (an empty UUID), or a placeholder. White space is taken off before: a pattern that allows
    // it on both sides tries every way to divide a long blank between them.
    [GeneratedRegex("^(?:[0-]*|-1|null|anonymous|unknown|undefined)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Defaults();
}
