using System.Text;
using System.Text.Json;

namespace Cdp.Ingestion.Parsing.Tokens;

/// <summary>Reads the text of JSON tokens without throwing on invalid input.</summary>
public static class JsonText
{
    /// <summary>False if the token's bytes are not UTF-8 or its escapes contain an unpaired surrogate.</summary>
    public static bool TryGet(ref Utf8JsonReader reader, out string? text)
    {
        try
        {
            text = reader.GetString();
            return true;
        }
        catch (InvalidOperationException)
        {
            // Utf8JsonReader offers no way to check beforehand.
            text = null;
            return false;
        }
    }

    /// <summary>
    /// Copies the member name at the reader's position and returns its length in characters. A name with an unpaired surrogate is copied with its escapes, so
    /// that it equals only the same name written the same way.
    /// </summary>
    public static int CopyName(ref Utf8JsonReader reader, Span<char> destination)
    {
        try
        {
            return reader.CopyString(destination);
        }
        catch (InvalidOperationException)
        {
            return Encoding.UTF8.GetChars(reader.ValueSpan, destination);
        }
    }

    /// <summary>Whether the token equals a string once its escapes are resolved.</summary>
    public static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> text) => reader.ValueIsEscaped
        ? TryGet(ref reader, out var unescaped) && Encoding.UTF8.GetBytes(unescaped!).AsSpan().SequenceEqual(text)
        : reader.ValueSpan.SequenceEqual(text);

    /// <summary>The time in UTC of a string or number token, as <see cref="EventTime"/> reads it.</summary>
    public static bool TryGetTime(ref Utf8JsonReader reader, out DateTime time)
    {
        time = default;
        return reader.TokenType switch
        {
            JsonTokenType.Number => EventTime.TryReadNumber(reader.ValueSpan, out time),
            // Many JSON encoders escape the plus sign of an offset.
            JsonTokenType.String when reader.ValueIsEscaped => TryGet(ref reader, out var text) && EventTime.TryRead(Encoding.UTF8.GetBytes(text!), out time),
            JsonTokenType.String => EventTime.TryRead(reader.ValueSpan, out time),
            _ => false,
        };
    }
}
