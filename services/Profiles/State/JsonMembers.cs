using System.Text;
using System.Text.Json;

namespace Cdp.Profiles.State;

/// <summary>Reads the members of a JSON object. Each value is returned as the JSON text that was sent.</summary>
public static class JsonMembers
{
    // The reader does not recurse and uses one bit per level, so any depth that fits into a record is safe.
    private static readonly JsonReaderOptions Options = new() { MaxDepth = int.MaxValue };

    /// <summary>
    /// The members in their order; null if the text is not a JSON object. An unpaired surrogate in a name cannot be encoded in UTF-8 and becomes U+FFFD.
    /// </summary>
    public static IReadOnlyList<KeyValuePair<string, string>>? Of(string json)
    {
        var utf8 = Encoding.UTF8.GetBytes(json);
        var reader = new Utf8JsonReader(utf8, Options);
        var members = new List<KeyValuePair<string, string>>();
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.ValueIsEscaped ? Unescaped(reader.ValueSpan) : Encoding.UTF8.GetString(reader.ValueSpan);
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                members.Add(new(name, Encoding.UTF8.GetString(utf8, start, (int)reader.BytesConsumed - start)));
            }
            // Throws if anything but white space follows the object.
            reader.Read();
        }
        catch (JsonException)
        {
            return null;
        }
        return members;
    }

    /// <summary>Like <see cref="Utf8JsonReader.GetString"/>, which throws on an escaped unpaired surrogate.</summary>
    private static string Unescaped(ReadOnlySpan<byte> escaped)
    {
        var text = new StringBuilder();
        for (var at = escaped.IndexOf((byte)'\\'); at >= 0; at = escaped.IndexOf((byte)'\\'))
        {
            text.Append(Encoding.UTF8.GetString(escaped[..at]));
            var isHex = escaped[at + 1] == 'u';
            text.Append(isHex ? (char)Convert.ToUInt16(Encoding.ASCII.GetString(escaped.Slice(at + 2, 4)), 16) : Escape((char)escaped[at + 1]));
            escaped = escaped[(at + (isHex ? 6 : 2))..];
        }
        text.Append(Encoding.UTF8.GetString(escaped));
        // Encoding replaces unpaired surrogates.
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static char Escape(char escape) => escape switch
    {
        'b' => '\b',
        'f' => '\f',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        _ => escape,
    };
}
