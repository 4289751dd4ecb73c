using System.Text;
using System.Text.Json;

namespace Cdp.Profiles.State;

/// <summary>The members of a JSON object, each value as the text that was sent.</summary>
public static class JsonMembers
{
    /// <exception cref="JsonException">The text is not a JSON object.</exception>
    public static IReadOnlyList<KeyValuePair<string, string>> Of(string json)
    {
        var utf8 = Encoding.UTF8.GetBytes(json);
        var reader = new Utf8JsonReader(utf8);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException($"a JSON object was expected, not {reader.TokenType}");
        var members = new List<KeyValuePair<string, string>>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            members.Add(new(name, Encoding.UTF8.GetString(utf8, start, (int)reader.BytesConsumed - start)));
        }
        return members;
    }
}
