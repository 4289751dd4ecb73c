using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Importing.Reading;

/// <summary>
/// The first row of a CSV file: the columns' places in the JSON of a row, and their types. <c>properties.zip:string</c> says what the values are,
/// where that is not to be told by how they look.
/// </summary>
public sealed class CsvHeader
{
    private readonly List<ColumnNode> _members;
    private readonly string[] _names;
    private readonly CsvType[] _types;

    private CsvHeader(List<ColumnNode> members, string[] names, CsvType[] types) => (_members, _names, _types) = (members, names, types);

    public int Columns => _names.Length;

    /// <returns>The header, or every fault of it.</returns>
    public static (CsvHeader? Header, Rejection? Refused) Read(ReadOnlySpan<byte> row, byte separator)
    {
        var fields = new List<CsvField>();
        if (!Utf8.IsValid(row)) return (null, Refuse("it is not UTF-8; convert the file, for example with iconv -f WINDOWS-1252 -t UTF-8"));
        if (!CsvFields.TrySplit(row, separator, fields)) return (null, Refuse("a quote is not closed, or text follows one; write a field with quotes as \"a \"\"b\"\" c\""));
        var (names, types, buffer) = (new string[fields.Count], new CsvType[fields.Count], Array.Empty<byte>());
        for (var i = 0; i < names.Length; i++) (names[i], types[i]) = CsvValues.Column(Encoding.UTF8.GetString(fields[i].Text(row, ref buffer)).Trim());
        var faults = new List<string>();
        var members = ColumnTree.Read(names, faults);
        if (names.Length == 1 && OtherSeparator(row, separator) is { } other) faults.Add(other);
        return faults.Count == 0 ? (new CsvHeader(members, names, types), null) : (null, Refuse(string.Join("; ", faults)));
    }

    /// <summary>Writes a row as a JSON object. A field that holds nothing is left out, and an object of which all is left out too.</summary>
    /// <param name="row">The row's bytes, UTF-8.</param>
    /// <param name="fields">As many as there are columns.</param>
    /// <param name="json">Gets the object.</param>
    /// <param name="buffer">Is used, and made larger, where quotes are doubled.</param>
    /// <returns>Why the row is rejected: a value is not what its column is said to be.</returns>
    public Rejection? Write(ReadOnlySpan<byte> row, List<CsvField> fields, Utf8JsonWriter json, ref byte[] buffer)
    {
        json.WriteStartObject();
        foreach (var member in _members)
        {
            if (Write(member, row, fields, json, ref buffer) is { } rejected) return rejected;
        }
        json.WriteEndObject();
        return null;
    }

    private Rejection? Write(ColumnNode node, ReadOnlySpan<byte> row, List<CsvField> fields, Utf8JsonWriter json, ref byte[] buffer)
    {
        if (!HasValue(node, fields)) return null;
        json.WritePropertyName(node.Name);
        if (node.Column >= 0)
        {
            var (field, type) = (fields[node.Column], _types[node.Column]);
            if (CsvValues.TryWrite(field.Text(row, ref buffer), field.IsQuoted, type, json)) return null;
            return new Rejection(400, "invalid_value", $"the value of column {node.Column + 1}, '{_names[node.Column]}', is not {CsvValues.Describe(type)}");
        }
        json.WriteStartObject();
        foreach (var member in node.Members)
        {
            if (Write(member, row, fields, json, ref buffer) is { } rejected) return rejected;
        }
        json.WriteEndObject();
        return null;
    }

    private static bool HasValue(ColumnNode node, List<CsvField> fields)
    {
        if (node.Column >= 0) return !fields[node.Column].IsMissing;
        foreach (var member in node.Members)
        {
            if (HasValue(member, fields)) return true;
        }
        return false;
    }

    private static string? OtherSeparator(ReadOnlySpan<byte> row, byte separator)
    {
        var found = row.IndexOfAny(",;\t|"u8);
        if (found < 0 || row[found] == separator) return null;
        var text = row[found] == '\t' ? "a tab" : $"'{(char)row[found]}'";
        return $"it is one column, but holds {text}; if that separates the columns, add separator={(row[found] == '\t' ? "tab" : Uri.HexEscape((char)row[found]))} to the query";
    }

    private static Rejection Refuse(string faults) => new(400, "invalid_csv_header", $"the first row must name the columns, such as type,userId,event,timestamp,properties.revenue: {faults}");
}
