using System.Collections.Frozen;
using System.Text.RegularExpressions;
using Cdp.Identifiers.Canonical;

namespace Cdp.Identifiers.Types;

/// <summary>Values that identify nobody. Used as identifiers, they would merge the profiles of all their senders.</summary>
/// <param name="values">The operator's values, compared in canonical form, ignoring case.</param>
/// <param name="patterns">The operator's patterns.</param>
/// <param name="allowed">Placeholders from <see cref="Placeholders"/> that are real identifiers in this installation.</param>
public sealed class BlockedValues(IEnumerable<string> values, IReadOnlyList<Regex> patterns, IEnumerable<string> allowed)
{
    private readonly FrozenSet<string> _values = values.Select(ComparisonForm).ToFrozenSet(StringComparer.Ordinal);
    private readonly FrozenSet<string> _allowed = allowed.Select(ComparisonForm).ToFrozenSet(StringComparer.Ordinal);

    public BlockedValues(IEnumerable<string> values, IReadOnlyList<Regex> patterns)
        : this(values, patterns, [])
    {
    }

    /// <summary>Whether the value is blocked by default or by the operator.</summary>
    /// <param name="value">The value as sent or in canonical form.</param>
    public bool Contains(string value)
    {
        var form = ComparisonForm(value);
        return IsBlockedPlaceholder(form) || _values.Contains(form) || patterns.Any(pattern => pattern.IsMatch(value));
    }

    /// <summary>Whether the value is blocked only because it is a placeholder, so that <c>blocked.allow</c> would unblock it.</summary>
    /// <param name="value">The value as sent or in canonical form.</param>
    public bool IsPlaceholder(string value)
    {
        var form = ComparisonForm(value);
        return IsBlockedPlaceholder(form) && !_values.Contains(form) && !patterns.Any(pattern => pattern.IsMatch(value));
    }

    /// <summary>The form in which values are compared: canonical, in lower case.</summary>
    public static string ComparisonForm(string value) => CanonicalIdentifier.Of(value).ToLowerInvariant();

    private bool IsBlockedPlaceholder(string form) => Placeholders.Contains(form) && !_allowed.Contains(form);
}
