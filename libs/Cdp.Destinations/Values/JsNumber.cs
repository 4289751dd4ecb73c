using System.Globalization;

namespace Cdp.Destinations.Values;

/// <summary>Formats numbers as JavaScript does, which vendors' mappings expect when a number is inserted into a string.</summary>
internal static class JsNumber
{
    /// <summary>The shortest decimal that reads back as the same number: 1.5, 100, 1e+21, 1e-7 (ECMA-262, Number::toString).</summary>
    public static string Format(double number)
    {
        if (number == 0) return "0";
        var (digits, point) = Shortest(Math.Abs(number));
        var sign = number < 0 ? "-" : "";
        return point switch
        {
            > 21 or < -5 => $"{sign}{digits[0]}{(digits.Length > 1 ? $".{digits[1..]}" : "")}e{(point > 0 ? '+' : '-')}{Math.Abs(point - 1)}",
            <= 0 => $"{sign}0.{new string('0', -point)}{digits}",
            _ when point >= digits.Length => $"{sign}{digits}{new string('0', point - digits.Length)}",
            _ => $"{sign}{digits[..point]}.{digits[point..]}",
        };
    }

    // The significant digits, and the position of the decimal point as the number of digits before it.
    private static (string Digits, int Point) Shortest(double number)
    {
        var parts = number.ToString("R", CultureInfo.InvariantCulture).Split('E');
        var whole = parts[0].Split('.')[0].Length;
        var exponent = parts.Length > 1 ? int.Parse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : 0;
        var digits = parts[0].Replace(".", "", StringComparison.Ordinal);
        var significant = digits.TrimStart('0');
        return (significant.TrimEnd('0'), whole + exponent - (digits.Length - significant.Length));
    }
}
