using System.Buffers;
using System.Text;
using Cdp.Identifiers.Canonical.Unicode;

namespace Cdp.Identifiers.Canonical;

/// <summary>
/// The canonical form of an identifier, whatever notation its sender used: trimmed, without invisible characters, in Unicode NFC, numbers in plain
/// decimal notation. Ingestion writes identifiers in this form. Code that reads older records or looks up an identifier has to apply it too.
/// Applying it twice changes nothing.
/// </summary>
public static class CanonicalIdentifier
{
    private static readonly SearchValues<byte> NumberCharacters = SearchValues.Create("0123456789.+-eE"u8);
    private static readonly SearchValues<byte> NotationCharacters = SearchValues.Create(".eE+"u8);

    /// <summary>
    /// The canonical form of a string. A string counts as a number only in a notation that no identifier scheme uses: <c>55520.0</c>,
    /// <c>5.552e4</c>, <c>1E+21</c>. <c>007</c> and <c>1.50</c> are left unchanged, and so are <c>1e5</c> and <c>0e123456</c>, which may be hexadecimal.
    /// </summary>
    public static string Of(string text)
    {
        var trimmed = Trim(text);
        return Numeral.Parse(trimmed) is { } number && IsUnambiguousNumber(number) ? number.ToString() : trimmed;
    }

    /// <summary>The canonical form of a JSON number in any notation.</summary>
    public static string OfNumber(string json) => Numeral.Parse(json) is { } number ? number.ToString() : Of(json);

    /// <summary>
    /// Whether UTF-8 text is certainly in canonical form, checked without decoding it. If the answer is false, the text may still be canonical;
    /// <see cref="Of"/> decides.
    /// </summary>
    public static bool IsPlain(ReadOnlySpan<byte> text)
    {
        if (text.ContainsAnyExceptInRange((byte)'!', (byte)'~')) return false;
        if (text.IsEmpty || text[0] is not (>= (byte)'0' and <= (byte)'9' or (byte)'-')) return true;
        return text.ContainsAnyExcept(NumberCharacters) || !(text.ContainsAny(NotationCharacters) || text.SequenceEqual("-0"u8));
    }

    /// <summary>Whether a JSON number is certainly in canonical form. If the answer is false, <see cref="OfNumber"/> decides.</summary>
    public static bool IsPlainNumber(ReadOnlySpan<byte> json) => !json.ContainsAny(NotationCharacters) && !json.SequenceEqual("-0"u8);

    // 1.50 may be a version and 0e123456 a checksum, but 55520.0 is how a column of floating-point numbers prints 55520.
    private static bool IsUnambiguousNumber(Numeral number) =>
        number.HasExponentWithPlus || (number.HasPoint && (number.HasExponent || number.IsInteger)) || (number.IsZero && !number.HasExponent);

    private static string Trim(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange('!', '~')) return text;
        if (text.EnumerateRunes().Any(InvisibleCharacters.Contains))
        {
            var visible = new StringBuilder(text.Length);
            foreach (var rune in text.EnumerateRunes())
            {
                if (!InvisibleCharacters.Contains(rune)) visible.Append(rune.ToString());
            }
            text = visible.ToString();
        }
        return Nfc.Of(text).Trim();
    }
}
