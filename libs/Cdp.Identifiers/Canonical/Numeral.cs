using System.Buffers;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Cdp.Identifiers.Canonical;

/// <summary>A decimal number as its significant digits and a power of ten. It is exact, whatever its size.</summary>
internal readonly partial record struct Numeral
{
    /// <summary>A number that needs more digits than this in plain notation is written with an exponent, such as <c>15e99</c>.</summary>
    public const int MaxPlainDigits = 64;

    // Text with a longer exponent is not a number, so that arithmetic on exponents cannot overflow.
    private const int MaxExponentLength = 6;

    private static readonly SearchValues<char> Characters = SearchValues.Create("0123456789.+-eE");

    private readonly string _sent;
    private readonly bool _isNegative;
    private readonly string _digits;
    private readonly int _exponent;

    private Numeral(string sent, bool isNegative, string digits, int exponent) =>
        (_sent, _isNegative, _digits, _exponent) = (sent, isNegative, digits, exponent);

    public bool HasPoint => _sent.Contains('.', StringComparison.Ordinal);

    public bool HasExponent => _sent.AsSpan().ContainsAny('e', 'E');

    /// <summary>Whether it has an exponent with a plus sign: programs print one, and no hexadecimal identifier contains one.</summary>
    public bool HasExponentWithPlus => HasExponent && _sent.Contains('+', StringComparison.Ordinal);

    public bool IsZero => _digits.Length == 0;

    public bool IsInteger => IsZero || _exponent >= 0;

    /// <summary>Parses a number in JSON notation; null if the text is not one.</summary>
    public static Numeral? Parse(string text)
    {
        if (text.Length == 0 || (!char.IsAsciiDigit(text[0]) && text[0] != '-') || text.AsSpan().ContainsAnyExcept(Characters)) return null;
        if (Json().Match(text) is not { Success: true } match) return null;
        var (fraction, exponent) = (match.Groups["fraction"].Value, match.Groups["exponent"].Value);
        if (exponent.Length > MaxExponentLength) return null;
        var digits = (match.Groups["integer"].Value + fraction).TrimStart('0');
        var significant = digits.TrimEnd('0');
        var power = (exponent.Length == 0 ? 0 : int.Parse(exponent, CultureInfo.InvariantCulture)) - fraction.Length + digits.Length - significant.Length;
        return new Numeral(text, text[0] == '-', significant, power);
    }

    /// <summary>
    /// Plain notation if it has at most <see cref="MaxPlainDigits"/> digits or the number was sent in plain notation, otherwise scientific. Zero has no sign.
    /// </summary>
    public override string ToString()
    {
        if (IsZero) return "0";
        if (!HasPoint && !HasExponent) return _sent;
        var sign = _isNegative ? "-" : "";
        var places = _digits.Length + _exponent;
        if (_exponent >= 0) return places <= MaxPlainDigits ? sign + _digits + new string('0', _exponent) : Scientific(sign);
        if (places > 0) return $"{sign}{_digits[..places]}.{_digits[places..]}";
        return -_exponent <= MaxPlainDigits ? $"{sign}0.{new string('0', -places)}{_digits}" : Scientific(sign);
    }

    private string Scientific(string sign) => string.Create(CultureInfo.InvariantCulture, $"{sign}{_digits}e{_exponent}");

    [GeneratedRegex(
        "^-?(?<integer>0|[1-9][0-9]*)(?:\\.(?<fraction>[0-9]+))?(?:[eE](?<exponent>[+-]?[0-9]+))?\\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Json();
}
