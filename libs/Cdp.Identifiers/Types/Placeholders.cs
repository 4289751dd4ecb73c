using System.Buffers;
using System.Collections.Frozen;

namespace Cdp.Identifiers.Types;

/// <summary>
/// Values that programs send when they have no identifier: a printed null, the name of a field instead of its value, a template that was not filled in.
/// </summary>
public static class Placeholders
{
    private static readonly FrozenSet<string> Words = new[]
    {
        // Null, as languages, databases and spreadsheets print it.
        "null", "nil", "none", "undefined", "nan", "infinity", "-infinity", "n/a", "#n/a", "#null!", "#ref!", "#value!", "#name?", "\\n", "-1",
        "true", "false", "not set",
        // Names for an unknown person.
        "anonymous", "unknown", "guest", "not_authenticated",
        // The name of an identifier instead of its value.
        "id", "userid", "user_id", "user id", "anonymousid", "anonymous_id", "distinctid", "distinct_id", "email",
    }.ToFrozenSet(StringComparer.Ordinal);

    // Enough for "'(null)'".
    private const int MaxWrappers = 4;

    private static readonly (string Open, string Close)[] Templates =
        [("{{", "}}"), ("${", "}"), ("#{", "}"), ("<%", "%>"), ("{%", "%}"), ("*|", "|*"), ("[[", "]]"), ("%7b%7b", "%7d%7d")];

    private static readonly (char Open, char Close)[] Wrappers =
    [
        ('"', '"'), ('\'', '\''), ('`', '`'), ('(', ')'), ('<', '>'), ('[', ']'), ('{', '}'),
        ('\u201C', '\u201D'), ('\u2018', '\u2019'), ('\u00AB', '\u00BB'),
    ];

    private static readonly SearchValues<char> TemplateCharacters = SearchValues.Create("{%*[");
    private static readonly SearchValues<char> Zeros = SearchValues.Create("0-");

    /// <summary>Whether the value is a placeholder. Takes time linear in the value's length.</summary>
    /// <param name="value">The value in the form of <see cref="BlockedValues.ComparisonForm"/>.</param>
    public static bool Contains(string value)
    {
        if (IsTemplate(value)) return true;
        var bare = value.AsSpan();
        for (var depth = 0; depth < MaxWrappers; depth++)
        {
            if (IsBarePlaceholder(bare)) return true;
            bare = Unwrap(bare);
        }
        return false;
    }

    // Only zeros and dashes: an empty value, 0, -, a UUID of zeros.
    private static bool IsBarePlaceholder(ReadOnlySpan<char> bare) =>
        !bare.ContainsAnyExcept(Zeros) || Words.GetAlternateLookup<ReadOnlySpan<char>>().Contains(bare);

    private static bool IsTemplate(string value)
    {
        if (!value.AsSpan().ContainsAny(TemplateCharacters)) return false;
        // How JavaScript prints an object.
        if (value.StartsWith("[object ", StringComparison.Ordinal) && value.EndsWith(']')) return true;
        foreach (var (open, close) in Templates)
        {
            var start = value.IndexOf(open, StringComparison.Ordinal);
            if (start >= 0 && value.IndexOf(close, start + open.Length, StringComparison.Ordinal) >= 0) return true;
        }
        // %userId%, %%EMAIL%% and %recipient.id% are templates; 100% and a%20b are not.
        return value.Length > 2 && value[0] == '%' && value[^1] == '%';
    }

    private static ReadOnlySpan<char> Unwrap(ReadOnlySpan<char> value)
    {
        foreach (var (open, close) in Wrappers)
        {
            if (value.Length >= 2 && value[0] == open && value[^1] == close) return value[1..^1].Trim();
        }
        return value;
    }
}
