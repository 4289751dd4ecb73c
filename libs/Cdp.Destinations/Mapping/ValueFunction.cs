using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cdp.Destinations.Values;

namespace Cdp.Destinations.Mapping;

/// <summary>
/// The functions of <c>@fn</c>: each changes one string, number or boolean. A value that a function cannot change is missing in the result; null and missing
/// values stay unchanged.
/// </summary>
internal static partial class ValueFunction
{
    public static Datum Sha256(Datum value) => value.Kind switch
    {
        DatumKind.Text => Datum.Of(Sha256Hex.Of(value.Text)),
        DatumKind.Number => Datum.Of(Sha256Hex.Of(ToText(value).Text)),
        _ => Datum.Missing,
    };

    public static Datum Trim(Datum value) => value.Kind == DatumKind.Text ? Datum.Of(value.Text.Trim()) : ToText(value);

    /// <param name="length">The maximum number of UTF-16 code units. A character that takes two is kept or dropped as a whole.</param>
    public static Datum Truncate(Datum value, int length)
    {
        if (ToText(value) is not { Kind: DatumKind.Text } found) return Datum.Missing;
        var text = found.Text;
        if (text.Length <= length) return found;
        return Datum.Of(text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)]);
    }

    /// <summary>Letters and digits in lower case, everything between them replaced by one underscore: "Order Completed!" becomes order_completed.</summary>
    public static Datum SnakeCase(Datum value) => ToText(value) is { Kind: DatumKind.Text } found
        ? Datum.Of(BetweenWords().Replace(found.Text, "_").Trim('_').ToLowerInvariant())
        : Datum.Missing;

    /// <summary>Only the letters and digits, in lower case: "St. Pölten" becomes stpölten.</summary>
    public static Datum Alphanumeric(Datum value) => ToText(value) is { Kind: DatumKind.Text } found
        ? Datum.Of(BetweenWords().Replace(found.Text, "").ToLowerInvariant())
        : Datum.Missing;

    /// <summary>A string unchanged, a boolean as true or false, an integer with all its digits, any other number as JavaScript writes it.</summary>
    public static Datum ToText(Datum value) => value.Kind switch
    {
        DatumKind.Text => value,
        DatumKind.Number when value.ToJson() is var written => Datum.Of(Integer().IsMatch(written) ? written : value.Format()),
        DatumKind.Boolean => Datum.Of(value.Format()),
        _ => Datum.Missing,
    };

    /// <summary>A number as it was written, the number in a string, or 1 and 0 for true and false.</summary>
    public static Datum ToNumber(Datum value) => value.Kind switch
    {
        DatumKind.Number => value,
        DatumKind.Text => Number(value.Text.Trim()),
        DatumKind.Boolean => Datum.Of(value.Boolean ? 1d : 0),
        _ => Datum.Missing,
    };

    /// <summary>The number rounded to an integer, half away from zero.</summary>
    public static Datum ToInteger(Datum value)
    {
        if (ToNumber(value) is not { Kind: DatumKind.Number } number) return Datum.Missing;
        return Integer().IsMatch(number.ToJson()) ? number : Datum.Of(Math.Round(number.Number, MidpointRounding.AwayFromZero));
    }

    /// <summary>true for true, 1, "true", "yes" and "1"; false for their opposites. Letter case does not matter.</summary>
    public static Datum ToBoolean(Datum value) => value switch
    {
        { Kind: DatumKind.Boolean } => value,
        { Kind: DatumKind.Number, Number: 1 } => Datum.True,
        { Kind: DatumKind.Number, Number: 0 } => Datum.False,
        { Kind: DatumKind.Text } => value.Text.Trim().ToLowerInvariant() switch
        {
            "true" or "yes" or "1" => Datum.True,
            "false" or "no" or "0" => Datum.False,
            _ => Datum.Missing,
        },
        _ => Datum.Missing,
    };

    private static Datum Number(string text)
    {
        // A string that is a valid JSON number keeps all its digits.
        if (JsonNumber().IsMatch(text)) return Datum.Of(JsonElement.Parse(text));
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? Datum.Of(number)
            : Datum.Missing;
    }

    [GeneratedRegex(@"^-?[0-9]+\z")]
    private static partial Regex Integer();

    [GeneratedRegex(@"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?\z")]
    private static partial Regex JsonNumber();

    [GeneratedRegex(@"[^\p{L}\p{Nd}]+")]
    private static partial Regex BetweenWords();
}

/// <summary><c>@fn</c>: a function of one value, or of each item of an array; items without a result are left out.</summary>
internal sealed class Computed(Directive value, Func<Datum, Datum> function) : Directive
{
    public override Datum Resolve(Datum data)
    {
        var found = value.Resolve(data);
        if (found.IsNullish) return found;
        if (found.Kind != DatumKind.Array) return function(found);
        var results = found.Items().Where(item => !item.IsNullish).Select(function).Where(result => !result.IsMissing);
        return Datum.Of((IReadOnlyList<Datum>)[.. results]);
    }
}

/// <summary>The function <c>e164</c>, whose region may depend on the event.</summary>
/// <param name="value">The phone number.</param>
/// <param name="region">The region of numbers without a country code; null: such numbers have no result.</param>
/// <param name="plus">Whether the number begins with a plus sign.</param>
internal sealed class InternationalPhone(Directive value, Directive? region, bool plus) : Directive
{
    public override Datum Resolve(Datum data)
    {
        var country = region?.Resolve(data) is { Kind: DatumKind.Text } text ? text.Text.ToUpperInvariant() : null;
        return new Computed(value, number => Format(number, country)).Resolve(data);
    }

    private Datum Format(Datum number, string? country) =>
        ValueFunction.ToText(number) is { Kind: DatumKind.Text } text && PhoneNumber.E164(text.Text, country) is { } found
            ? Datum.Of(plus ? found : found[1..])
            : Datum.Missing;
}
