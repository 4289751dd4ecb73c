using System.Text;
using System.Text.Json;

namespace Cdp.Ingestion.Importing.Reading.ParquetFiles;

/// <summary>
/// Converts the JSON that DuckDB returns for a row, keyed by column position, to the JSON of the row. Values that JSON could not represent exactly are marked.
/// A table has every column in every row, so a null value counts as missing.
/// </summary>
public static class ParquetRow
{
    // Less than the depth that Utf8JsonWriter allows, so that the nesting of the columns themselves fits too.
    private const int MaxDepth = 900;

    /// <param name="values">A JSON object with one member per column, in the order of the tree.</param>
    /// <param name="members">The columns.</param>
    /// <param name="mark">
    /// The prefix of marked values. A string that begins with it is a number, which would lose digits as a double. An object whose only member has this name is
    /// a map, written as a list of its entries, because a map may contain a key twice.
    /// </param>
    /// <param name="json">Receives the row.</param>
    public static void Write(ReadOnlySpan<byte> values, IReadOnlyList<ColumnNode> members, string mark, Utf8JsonWriter json)
    {
        var reader = new Utf8JsonReader(values, new JsonReaderOptions { MaxDepth = MaxDepth });
        reader.Read();
        WriteMembers(ref reader, values, members, Encoding.ASCII.GetBytes(mark), json);
    }

    private static void WriteMembers(
        ref Utf8JsonReader reader, ReadOnlySpan<byte> values, IReadOnlyList<ColumnNode> members, ReadOnlySpan<byte> mark, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        foreach (var member in members)
        {
            if (member.Column < 0)
            {
                json.WritePropertyName(member.Json);
                WriteMembers(ref reader, values, member.Members, mark, json);
                continue;
            }
            reader.Read();
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null) continue;
            json.WritePropertyName(member.Json);
            WriteValue(ref reader, values, mark, json);
        }
        json.WriteEndObject();
    }

    // Leaves the reader on the last token of the value.
    private static void WriteValue(ref Utf8JsonReader reader, ReadOnlySpan<byte> values, ReadOnlySpan<byte> mark, Utf8JsonWriter json)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                json.WriteStartObject();
                reader.Read();
                if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals(mark))
                {
                    WriteEntries(ref reader, values, mark, json);
                    reader.Read();
                }
                for (; reader.TokenType != JsonTokenType.EndObject; reader.Read()) WriteMember(ref reader, values, reader.GetString()!, mark, json);
                json.WriteEndObject();
                break;
            case JsonTokenType.StartArray:
                json.WriteStartArray();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) WriteValue(ref reader, values, mark, json);
                json.WriteEndArray();
                break;
            case JsonTokenType.String when reader.ValueSpan.StartsWith(mark):
                json.WriteRawValue(reader.ValueSpan[mark.Length..], skipInputValidation: true);
                break;
            default:
                json.WriteRawValue(values[(int)reader.TokenStartIndex..(int)reader.BytesConsumed], skipInputValidation: true);
                break;
        }
    }

    // [{"k":KEY,"v":VALUE},…]
    private static void WriteEntries(ref Utf8JsonReader reader, ReadOnlySpan<byte> values, ReadOnlySpan<byte> mark, Utf8JsonWriter json)
    {
        reader.Read();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            reader.Read();
            reader.Read();
            var key = reader.GetString() ?? "";
            reader.Read();
            WriteMember(ref reader, values, key, mark, json);
            reader.Read();
        }
    }

    // Expects the reader on the name of the member.
    private static void WriteMember(ref Utf8JsonReader reader, ReadOnlySpan<byte> values, string name, ReadOnlySpan<byte> mark, Utf8JsonWriter json)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null) return;
        json.WritePropertyName(name);
        WriteValue(ref reader, values, mark, json);
    }
}
