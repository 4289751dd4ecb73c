using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Cdp.Ingestion.Parsing;

/// <summary>Reads the text of JSON tokens without exceptions for what a sender may get wrong.</summary>
public static class JsonText
{
    // Beside what System.Text.Json reads as ISO 8601: SQL's form, and an offset without its colon.
    private static readonly string[] TimeFormats = ["yyyy-MM-dd HH:mm:ss.FFFFFFFK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFzzz"];

    /// <summary>False where the token's bytes are not UTF-8 or its escapes leave half a surrogate pair.</summary>
    public static bool TryGet(ref Utf8JsonReader reader, out string? text)
    {
        try
        {
            text = reader.GetString();
            return true;
        }
        catch (InvalidOperationException)
        {
            // The reader has no way to ask beforehand.
            text = null;
            return false;
        }
    }

    /// <summary>Copies the name that the reader stands on, and answers its length. One that is no text can only equal itself byte for byte.</summary>
    public static int CopyName(ref Utf8JsonReader reader, Span<char> into)
    {
        try
        {
            return reader.CopyString(into);
        }
        catch (InvalidOperationException)
        {
            return Encoding.UTF8.GetChars(reader.ValueSpan, into);
        }
    }

    /// <summary>Whether the token, escapes resolved, is this text.</summary>
    public static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> text) =>
        reader.ValueIsEscaped ? TryGet(ref reader, out var unescaped) && Encoding.UTF8.GetBytes(unescaped!).AsSpan().SequenceEqual(text) : reader.ValueSpan.SequenceEqual(text);

    /// <summary>A time in UTC; a time without an offset is taken as UTC.</summary>
    public static bool TryGetTime(ref Utf8JsonReader reader, out DateTime time)
    {
        time = default;
        // Half a surrogate pair would throw in the calls below.
        if (reader.TokenType != JsonTokenType.String || (reader.ValueIsEscaped && !TryGet(ref reader, out _))) return false;
        if (reader.TryGetDateTime(out var local))
        {
            // Only the other call tells the offset; a local kind would go through this machine's time zone.
            time = local.Kind == DateTimeKind.Local && reader.TryGetDateTimeOffset(out var withOffset) ? withOffset.UtcDateTime : DateTime.SpecifyKind(local, DateTimeKind.Utc);
            return true;
        }
        return TryGet(ref reader, out var text)
            && DateTime.TryParseExact(text, TimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
    }
}
