using System.Globalization;
using System.Text;

namespace Cdp.Ingestion.Importing.Reading.ParquetFiles;

/// <summary>
/// Parses DuckDB's name of a type, such as <c>STRUCT(at TIMESTAMP, tags VARCHAR[])</c>, and builds the SQL that converts a value to JSON: numbers with all
/// digits, times as ISO 8601 in UTC, bytes as base64, lists, and objects for structs and maps. Infinity and NaN, which JSON cannot represent, become null.
/// </summary>
public sealed class ParquetType
{
    private readonly string _name;
    private readonly ParquetType? _item;
    private readonly ParquetType? _key;
    private readonly IReadOnlyList<(string Name, ParquetType Type)> _members;

    private ParquetType(string name, ParquetType? item = null, IReadOnlyList<(string, ParquetType)>? members = null, ParquetType? key = null) =>
        (_name, _item, _members, _key) = (name, item, members ?? [], key);

    public static ParquetType Read(string text)
    {
        var position = 0;
        return Read(text, ref position);
    }

    /// <summary>Builds the SQL expression for the JSON of a value.</summary>
    /// <param name="value">The SQL expression of the value.</param>
    /// <param name="mark">The prefix for decimals, which are written as strings because as JSON numbers they would lose digits as doubles.</param>
    /// <param name="depth">The number of enclosing lists, which keeps the names of their lambda parameters distinct.</param>
    public string Json(string value, string mark, int depth = 0)
    {
        var item = string.Create(CultureInfo.InvariantCulture, $"i{depth}");
        return _name switch
        {
            "LIST" => $"list_transform({value}, lambda {item}: {_item!.Json(item, mark, depth + 1)})",
            "MAP" => Map(value, item, mark, depth + 1),
            // Members are extracted by position, because names may contain any characters.
            "STRUCT" => $"CASE WHEN {value} IS NOT NULL THEN {Struct(_members.Select((member, i) => (member.Name, MemberAt(member.Type, i))))} END",
            "DOUBLE" => $"CASE WHEN isfinite({value}) THEN {value} END",
            // As a JSON number, a float would be converted to a double: 0.1 would become 0.10000000149011612.
            "FLOAT" => $"CASE WHEN isfinite({value}) THEN {Quote(mark)} || {value}::VARCHAR END",
            "DECIMAL" => $"{Quote(mark)} || {value}::VARCHAR",
            // An infinite time stays as text, so that the row is rejected. As null it would count as missing, and the event as having happened now.
            "TIMESTAMP" or "TIMESTAMP WITH TIME ZONE" or "TIMESTAMP_S" or "TIMESTAMP_MS" =>
                $"CASE WHEN isfinite({value}) THEN strftime({value}, '%Y-%m-%dT%H:%M:%S.%fZ') ELSE {value}::VARCHAR END",
            // DuckDB's strftime writes invalid characters after the nanoseconds.
            "TIMESTAMP_NS" => $"CASE WHEN isfinite({value}) THEN replace({value}::VARCHAR, ' ', 'T') || 'Z' ELSE {value}::VARCHAR END",
            "BLOB" => $"base64({value})",
            "JSON" => $"CASE WHEN json_valid({value}::VARCHAR) THEN {value} ELSE to_json({value}::VARCHAR) END",
            "BOOLEAN" or "TINYINT" or "SMALLINT" or "INTEGER" or "BIGINT" or "UTINYINT" or "USMALLINT" or "UINTEGER" or "UBIGINT" or "VARCHAR" => value,
            _ => $"{value}::VARCHAR",
        };

        string MemberAt(ParquetType type, int index) =>
            type.Json(string.Create(CultureInfo.InvariantCulture, $"struct_extract_at({value}, {index + 1})"), mark, depth);
    }

    // A map as a marked list of its entries; ParquetRow turns it into an object whose member names are the keys.
    private string Map(string value, string item, string mark, int depth)
    {
        var key = _key!.Text($"struct_extract({item}, 'key')", mark, depth);
        var entry = _item!.Json($"struct_extract({item}, 'value')", mark, depth);
        var entries = $"list_transform(map_entries({value}), lambda {item}: {{'k': {key}, 'v': {entry}}})";
        return $"CASE WHEN {value} IS NOT NULL THEN {{{Quote(mark)}: {entries}}} END";
    }

    // The key of a map as a string. Times and bytes have the same form as in values.
    private string Text(string value, string mark, int depth) =>
        _name.StartsWith("TIMESTAMP", StringComparison.Ordinal) || _name == "BLOB" ? Json(value, mark, depth) : $"{value}::VARCHAR";

    /// <summary>Builds the SQL expression of a struct.</summary>
    public static string Struct(IEnumerable<(string Name, string Value)> members) =>
        $"{{{string.Join(", ", members.Select(member => $"{Quote(member.Name)}: {member.Value}"))}}}";

    public static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static ParquetType Read(string text, ref int position)
    {
        var name = ReadName(text, ref position);
        var type = new ParquetType(name);
        if (position < text.Length && text[position] == '(')
        {
            position++;
            type = name switch
            {
                "STRUCT" => new ParquetType(name, members: ReadMembers(text, ref position)),
                "MAP" => ReadMap(text, ref position),
                _ => SkipParameters(name, text, ref position),
            };
        }
        // A list, or an array of a fixed length.
        while (position < text.Length && text[position] == '[')
        {
            position = text.IndexOf(']', position) + 1;
            type = new ParquetType("LIST", type);
        }
        return type;
    }

    private static string ReadName(string text, ref int position)
    {
        var start = position;
        while (position < text.Length && text[position] is not ('(' or ')' or '[' or ',')) position++;
        return text[start..position].Trim();
    }

    private static List<(string, ParquetType)> ReadMembers(string text, ref int position)
    {
        var members = new List<(string, ParquetType)>();
        while (true)
        {
            var name = ReadMemberName(text, ref position);
            members.Add((name, Read(text, ref position)));
            if (text[position++] == ')') return members;
            position++;
        }
    }

    private static string ReadMemberName(string text, ref int position)
    {
        var name = new StringBuilder();
        if (text[position] != '"')
        {
            while (text[position] != ' ') name.Append(text[position++]);
            position++;
            return name.ToString();
        }
        for (position++; text[position] != '"' || text[position + 1] == '"'; position++)
        {
            if (text[position] == '"') position++;
            name.Append(text[position]);
        }
        position += 2;
        return name.ToString();
    }

    private static ParquetType ReadMap(string text, ref int position)
    {
        var key = Read(text, ref position);
        position += 2;
        var value = Read(text, ref position);
        position++;
        return new ParquetType("MAP", value, key: key);
    }

    // DECIMAL(9,2), ENUM('a', 'b'): the parameters do not matter here.
    private static ParquetType SkipParameters(string name, string text, ref int position)
    {
        var inQuotes = false;
        for (var depth = 1; depth > 0; position++)
        {
            if (text[position] == '\'') inQuotes = !inQuotes;
            else if (!inQuotes) depth += text[position] switch { '(' => 1, ')' => -1, _ => 0 };
        }
        return new ParquetType(name);
    }
}
