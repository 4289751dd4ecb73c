namespace Cdp.Destinations.Fql;

/// <summary>
/// The pattern of FQL's <c>match</c>, which must match the whole string: <c>*</c> any characters, <c>?</c> one character,
/// <c>[abc]</c>, <c>[a-z]</c> and <c>[^a-z]</c> one of a set, <c>\x</c> the character x. A slash is a character like any other.
/// Matching takes time proportional to the length of the string times that of the pattern, at most.
/// </summary>
internal sealed class Glob
{
    private readonly IReadOnlyList<Part> _parts;

    private Glob(IReadOnlyList<Part> parts) => _parts = parts;

    // One character from the given ranges or, without ranges, any number of arbitrary characters.
    private sealed record Part(IReadOnlyList<(char From, char To)>? Ranges, bool Negated = false)
    {
        public bool IsStar => Ranges is null;

        public bool Matches(char character) => Ranges!.Any(range => character >= range.From && character <= range.To) != Negated;
    }

    /// <returns>Null if the pattern is invalid; <paramref name="fault"/> then gives the reason.</returns>
    public static Glob? Read(string pattern, out string? fault)
    {
        List<Part> parts = [];
        fault = null;
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '*':
                    if (parts.Count == 0 || !parts[^1].IsStar) parts.Add(new Part(null));
                    break;
                case '?':
                    parts.Add(new Part([], Negated: true));
                    break;
                case '[':
                    if (ReadSet(pattern, ref i) is not { } set)
                    {
                        fault = "a set must have a closing bracket and at least one character, such as [abc] or [a-z]; write \\[ for the character";
                        return null;
                    }
                    parts.Add(set);
                    break;
                case '\\' when i + 1 == pattern.Length:
                    fault = "nothing follows the backslash; write \\\\ for the character";
                    return null;
                case '\\':
                    i++;
                    parts.Add(One(pattern[i]));
                    break;
                default:
                    parts.Add(One(pattern[i]));
                    break;
            }
        }
        return new Glob(parts);
    }

    public bool Matches(string text)
    {
        var (at, part) = (0, 0);
        var (star, resume) = (-1, 0);
        while (at < text.Length)
        {
            if (part < _parts.Count && _parts[part].IsStar) (star, resume, part) = (part, at, part + 1);
            else if (part < _parts.Count && _parts[part].Matches(text[at])) (at, part) = (at + 1, part + 1);
            // Let the last star match one more character, and retry what follows it. Earlier stars never need to grow: they match as little as possible.
            else if (star >= 0) (at, part, resume) = (resume + 1, star + 1, resume + 1);
            else return false;
        }
        while (part < _parts.Count && _parts[part].IsStar) part++;
        return part == _parts.Count;
    }

    private static Part One(char character) => new([(character, character)]);

    private static Part? ReadSet(string pattern, ref int i)
    {
        List<(char, char)> ranges = [];
        var at = i + 1;
        var negated = at < pattern.Length && pattern[at] == '^';
        if (negated) at++;
        while (at < pattern.Length && (pattern[at] != ']' || ranges.Count == 0))
        {
            if (Character(pattern, ref at) is not { } from) return null;
            var to = from;
            if (at < pattern.Length && pattern[at] == '-')
            {
                at++;
                if (Character(pattern, ref at) is not { } end) return null;
                to = end;
            }
            ranges.Add((from, to));
        }
        if (at >= pattern.Length) return null;
        i = at;
        return new Part(ranges, negated);
    }

    private static char? Character(string pattern, ref int at)
    {
        if (at < pattern.Length && pattern[at] == '\\') at++;
        else if (at < pattern.Length && pattern[at] is '-' or ']') return null;
        return at < pattern.Length ? pattern[at++] : null;
    }
}
