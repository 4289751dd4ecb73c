using System.Buffers.Text;

namespace Cdp.Ingestion.Parsing.Tokens;

/// <summary>
/// Replaces unpaired surrogates. A sender that truncates a string in the middle of an emoji writes an escape such as <c>\ud83d</c>, which is valid JSON but not
/// valid Unicode; later stages could not read it. In free-form members, names included, each becomes U+FFFD and the rest stays exactly as sent. Identifiers and
/// names of the envelope are rejected instead, because two different values could become equal.
/// </summary>
public static class SurrogateRepair
{
    private const int EscapeLength = 6;

    private static ReadOnlySpan<byte> Replacement => "\\ufffd"u8;

    /// <summary>Whether the JSON contains an unpaired surrogate. JSON without <c>\u</c> escapes costs a single search.</summary>
    public static bool IsNeeded(ReadOnlySpan<byte> json) => json.IndexOf("\\u"u8) >= 0 && NextUnpaired(json, 0) >= 0;

    /// <summary>A copy of the JSON with U+FFFD in place of each unpaired surrogate. Its length does not change.</summary>
    public static byte[] Repaired(ReadOnlySpan<byte> json)
    {
        var repaired = json.ToArray();
        for (var at = NextUnpaired(repaired, 0); at >= 0; at = NextUnpaired(repaired, at + EscapeLength)) Replacement.CopyTo(repaired.AsSpan(at));
        return repaired;
    }

    // The position of the next escape that is an unpaired surrogate, or -1.
    private static int NextUnpaired(ReadOnlySpan<byte> json, int from)
    {
        while (from < json.Length)
        {
            var at = json[from..].IndexOf((byte)'\\');
            if (at < 0) return -1;
            at += from;
            var unit = Escaped(json[at..]);
            if (unit is < 0xD800 or > 0xDFFF) from = at + (unit < 0 ? 2 : EscapeLength);
            else if (unit >= 0xDC00 || Escaped(json[(at + EscapeLength)..]) is not (>= 0xDC00 and <= 0xDFFF)) return at;
            else from = at + (2 * EscapeLength);
        }
        return -1;
    }

    // The UTF-16 unit of the escape \uXXXX at the start, or -1 if the JSON does not start with one.
    private static int Escaped(ReadOnlySpan<byte> json) =>
        json.Length >= EscapeLength && json[0] == '\\' && json[1] == 'u'
        && Utf8Parser.TryParse(json[2..EscapeLength], out ushort unit, out var read, 'x') && read == 4 ? unit : -1;
}
