using System.Text;
using System.Text.Json;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Parsing.Tokens;

namespace Cdp.Ingestion.Importing.Reading.CsvFiles;

/// <summary>The JSON type of the values of a CSV column.</summary>
public enum CsvType
{
    /// <summary>Values without quotes that look like a number or a boolean become one; all others, and all values in quotes, are strings.</summary>
    Guessed,
    String,
    Number,
    Boolean,

    /// <summary>JSON of any kind, for example a list of products.</summary>
    Json,
}

/// <summary>Converts CSV values, which are always strings, to JSON.</summary>
public static class CsvValues
{
    // The number of digits that every JSON reader preserves exactly (RFC 8259, section 6). More digits are more likely an id than a quantity.
    private const int MaxGuessedDigits = 15;

    /// <summary>
    /// Separates a column's path from its type, as in <c>properties.zip:string</c>. Members that the contract defines as strings are always strings, so that
    /// ids keep their leading zeros.
    /// </summary>
    public static (string Path, CsvType Type) Column(string name)
    {
        var colon = name.LastIndexOf(':');
        var said = colon < 0 ? CsvType.Guessed : name[(colon + 1)..] switch
        {
            "string" => CsvType.String,
            "number" => CsvType.Number,
            "boolean" => CsvType.Boolean,
            "json" => CsvType.Json,
            _ => CsvType.Guessed,
        };
        if (said != CsvType.Guessed) return (name[..colon], said);
        var isFreeForm = Members.Find(Encoding.UTF8.GetBytes(name))
            is Member.Unknown or Member.Properties or Member.Traits or Member.Context or Member.Integrations;
        return (name, isFreeForm ? CsvType.Guessed : CsvType.String);
    }

    /// <returns>False if the text does not have the type of the column. Nothing was written then.</returns>
    public static bool TryWrite(ReadOnlySpan<byte> text, bool isQuoted, CsvType type, Utf8JsonWriter json)
    {
        switch (type)
        {
            case CsvType.Boolean or CsvType.Guessed when IsBoolean(text, out var truth) && !(isQuoted && type == CsvType.Guessed):
                json.WriteBooleanValue(truth);
                return true;
            case CsvType.Number when IsNumber(text, int.MaxValue):
            case CsvType.Guessed when !isQuoted && IsNumber(text, MaxGuessedDigits):
            case CsvType.Json when IsJson(text):
                json.WriteRawValue(text, skipInputValidation: true);
                return true;
            case CsvType.Guessed or CsvType.String:
                json.WriteStringValue(text);
                return true;
            default:
                return false;
        }
    }

    public static string Describe(CsvType type) => type == CsvType.Json ? "JSON" : $"a {type.ToString().ToLowerInvariant()}";

    /// <summary>The end of an error message: how to write a value of this type.</summary>
    public static string Remedy(CsvType type) => type switch
    {
        CsvType.Boolean => "; write true or false",
        CsvType.Number => "; write it as JSON does, such as 1234.5",
        _ => "; write it in quotes with its own quotes doubled, such as \"{\"\"a\"\":1}\"",
    };

    private static bool IsBoolean(ReadOnlySpan<byte> text, out bool truth)
    {
        truth = Ascii.EqualsIgnoreCase(text, "true"u8);
        return truth || Ascii.EqualsIgnoreCase(text, "false"u8);
    }

    // A number as JSON writes it, without leading zeros or a plus sign.
    private static bool IsNumber(ReadOnlySpan<byte> text, int maxDigits)
    {
        if (text.IsEmpty || text.Length > 64 || !(char.IsAsciiDigit((char)text[0]) || text[0] == '-')) return false;
        var digits = 0;
        foreach (var c in text)
        {
            if (char.IsAsciiDigit((char)c)) digits++;
        }
        return digits <= maxDigits && char.IsAsciiDigit((char)text[^1]) && IsJson(text);
    }

    private static bool IsJson(ReadOnlySpan<byte> text)
    {
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = EventScanner.MaxDepth });
        try
        {
            reader.Read();
            reader.Skip();
            return !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
