using System.Text;
using System.Text.Json;
using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Importing.Reading;

/// <summary>What the values of a CSV column are in JSON.</summary>
public enum CsvType
{
    /// <summary>Without quotes: what looks like a number or a boolean is one. Anything else, and all in quotes: a string.</summary>
    Guessed,
    String,
    Number,
    Boolean,

    /// <summary>JSON of any kind, such as a list of products.</summary>
    Json,
}

/// <summary>Turns the values of CSV, which knows texts alone, into those of JSON.</summary>
public static class CsvValues
{
    // What every reader keeps exactly: RFC 8259, section 6. A longer row of digits is more likely an id than a quantity.
    private const int MaxGuessedDigits = 15;

    /// <summary>Tells a column's path from its type, <c>properties.zip:string</c>. A member that the wire contract knows as a text is one, so that an id of digits keeps its zeros.</summary>
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
        return (name, Members.Find(Encoding.UTF8.GetBytes(name)) is Member.Unknown or Member.Properties or Member.Traits or Member.Context or Member.Integrations ? CsvType.Guessed : CsvType.String);
    }

    /// <returns>False: the text is not of the column's type, and nothing was written.</returns>
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

    private static bool IsBoolean(ReadOnlySpan<byte> text, out bool truth)
    {
        truth = Ascii.EqualsIgnoreCase(text, "true"u8);
        return truth || Ascii.EqualsIgnoreCase(text, "false"u8);
    }

    // As JSON writes numbers, so without zeros or a plus before them.
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
