using System.Globalization;
using System.Text;

namespace Cdp.Ingestion.Importing.Reading;

/// <summary>
/// DuckDB's name of a type, such as <c>STRUCT(at TIMESTAMP, tags VARCHAR[])</c>, and the SQL that makes of a value of it what JSON should hold:
/// numbers with all their digits, times as ISO 8601 in UTC, bytes as base64, lists, objects for structs and maps. What JSON has no form for
/// (infinity, NaN) is null.
/// </summary>
public sealed class ParquetType
{
    private readonly string _name;
    private readonly ParquetType? _item;
    private readonly IReadOnlyList<(string Name, ParquetType Type)> _members;

    private ParquetType(string name, ParquetType? item = null, IReadOnlyList<(string, ParquetType)>? members = null) => (_name, _item, _members) = (name, item, members ?? []);

    public static ParquetType Read(string text)
    {
        var position = 0;
        return Read(text, ref position);
    }

    /// <summary>The SQL of a value's JSON.</summary>
    /// <param name="value">The SQL of the value.</param>
    /// <param name="mark">Comes before the digits of a decimal, as a string: as a number it would pass through a double.</param>
    /// <param name="depth">How many lists it stands in, so that each has a name of its own for its items.</param>
    public string Json(string value, string mark, int depth = 0)
    {
        var item = string.Create(CultureInfo.InvariantCulture, $"i{depth}");
        return _name switch
        {
            "LIST" => $"list_transform({value}, lambda {item}: {_item!.Json(item, mark, depth + 1)})",
            // A map is an object whose member names are its keys.
            "MAP" => $"map_from_entries(list_transform(map_entries({value}), lambda {item}: {{'k': struct_extract({item}, 'key')::VARCHAR, 'v': {_item!.Json($"struct_extract({item}, 'value')", mark, depth + 1)}}}))",
            "STRUCT" => $"CASE WHEN {value} IS NULL THEN NULL ELSE {Struct(_members.Select(member => (member.Name, member.Type.Json($"struct_extract({value}, {Quote(member.Name)})", mark, depth))))} END",
            "FLOAT" or "DOUBLE" => $"CASE WHEN isfinite({value}) THEN {value} END",
            "DECIMAL" => $"{Quote(mark)} || {value}::VARCHAR",
            "TIMESTAMP" or "TIMESTAMP WITH TIME ZONE" or "TIMESTAMP_S" or "TIMESTAMP_MS" => $"CASE WHEN isfinite({value}) THEN strftime({value}, '%Y-%m-%dT%H:%M:%S.%fZ') END",
            "TIMESTAMP_NS" => $"CASE WHEN isfinite({value}) THEN strftime({value}, '%Y-%m-%dT%H:%M:%S.%nZ') END",
            "BLOB" => $"base64({value})",
            "JSON" => $"CASE WHEN json_valid({value}::VARCHAR) THEN {value} ELSE to_json({value}::VARCHAR) END",
            "BOOLEAN" or "TINYINT" or "SMALLINT" or "INTEGER" or "BIGINT" or "UTINYINT" or "USMALLINT" or "UINTEGER" or "UBIGINT" or "VARCHAR" => value,
            _ => $"{value}::VARCHAR",
        };
    }

    /// <summary>The SQL of a struct.</summary>
    public static string Struct(IEnumerable<(string Name, string Value)> members) => $"{{{string.Join(", ", members.Select(member => $"{Quote(member.Name)}: {member.Value}"))}}}";

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
        Read(text, ref position);
        position += 2;
        var value = Read(text, ref position);
        position++;
        return new ParquetType("MAP", value);
    }

    // DECIMAL(9,2), ENUM('a', 'b'): what is in the parentheses changes nothing.
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
