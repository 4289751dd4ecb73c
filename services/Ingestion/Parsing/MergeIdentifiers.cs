using System.Text;
using System.Text.Json;
using Cdp.Identifiers.Canonical;
using Cdp.Identifiers.Types;
using Cdp.Ingestion.Parsing.Tokens;

namespace Cdp.Ingestion.Parsing;

/// <summary>RudderStack's <c>mergeProperties</c>: <c>[{"type":…,"value":…},{"type":…,"value":…}]</c>.</summary>
internal static class MergeIdentifiers
{
    /// <summary>The first of the two identifiers, used as the record key; null unless there are exactly two, each with a type and a value.</summary>
    /// <param name="reader">A reader on the first token of the value. It is passed by value, so the caller's reader does not move.</param>
    /// <param name="isTooLong">True if one of the identifiers has more than <see cref="IdentifierTypes.MaxValueLength"/> characters.</param>
    public static string? Key(Utf8JsonReader reader, out bool isTooLong)
    {
        isTooLong = false;
        if (reader.TokenType != JsonTokenType.StartArray) return null;
        var (identifiers, first) = (0, (string?)null);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject || Identifier(ref reader, ref isTooLong) is not { } identifier) return null;
            first ??= identifier;
            identifiers++;
        }
        return identifiers == 2 ? first : null;
    }

    private static string? Identifier(ref Utf8JsonReader reader, ref bool isTooLong)
    {
        var (type, value) = ((string?)null, (string?)null);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var (isType, isValue) = (JsonText.Is(ref reader, "type"u8), JsonText.Is(ref reader, "value"u8));
            reader.Read();
            if ((isType || isValue) && IsTooLong(ref reader))
            {
                isTooLong = true;
                return null;
            }
            if (isType) type = reader.TokenType == JsonTokenType.String ? IdText(ref reader) : null;
            else if (isValue) value = IdText(ref reader);
            reader.Skip();
        }
        // NFC turns some single characters into three.
        isTooLong |= type?.Length > IdentifierTypes.MaxValueLength || value?.Length > IdentifierTypes.MaxValueLength;
        return string.IsNullOrEmpty(type) || string.IsNullOrEmpty(value) ? null : $"{type}:{value}";
    }

    private static bool IsTooLong(ref Utf8JsonReader reader)
    {
        const int LongestEscape = 6;
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Number) || reader.ValueSpan.Length <= IdentifierTypes.MaxValueLength) return false;
        if (!reader.ValueIsEscaped) return EventScanner.IsTooLong(reader.ValueSpan);
        return reader.ValueSpan.Length > LongestEscape * IdentifierTypes.MaxValueLength
            || (JsonText.TryGet(ref reader, out var text) && text!.Length > IdentifierTypes.MaxValueLength);
    }

    // Null if the value is neither a string nor a number, or contains an unpaired surrogate or U+0000.
    private static string? IdText(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Number => CanonicalIdentifier.OfNumber(Encoding.UTF8.GetString(reader.ValueSpan)),
        JsonTokenType.String when JsonText.TryGet(ref reader, out var text) && !text!.Contains('\0', StringComparison.Ordinal) => CanonicalIdentifier.Of(text),
        _ => null,
    };
}
