using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Parsing.Tokens;

namespace Cdp.Ingestion.Importing.Reading.CsvFiles;

/// <summary>
/// The first row of a CSV file: the places of the columns in the JSON of a row, and their types. A suffix, as in <c>properties.zip:string</c>, sets the type
/// of a column whose values would otherwise be guessed.
/// </summary>
public sealed class CsvHeader
{
    private readonly List<ColumnNode> _members;
    private readonly string[] _names;
    private readonly CsvType[] _types;

    private CsvHeader(List<ColumnNode> members, string[] names, CsvType[] types) => (_members, _names, _types) = (members, names, types);

    public int Columns => _names.Length;

    /// <summary>The index of the column <c>writeKey</c>, from 0; null if there is none.</summary>
    public int? WriteKeyColumn
    {
        get
        {
            var column = Array.FindIndex(_names, name => Members.Find(Encoding.UTF8.GetBytes(name)) == Member.WriteKey);
            return column < 0 ? null : column;
        }
    }

    /// <summary>Refuses a first row that is longer than the part of it that is kept.</summary>
    public static readonly Rejection TooLong = Refuse("it is too long; check that the file is CSV and that its quotes are closed");

    /// <returns>The header, or a refusal that lists every error.</returns>
    public static (CsvHeader? Header, Rejection? Refused) Read(ReadOnlySpan<byte> row, byte separator)
    {
        var fields = new List<CsvField>();
        if (!Utf8.IsValid(row) || row.Contains((byte)0))
        {
            return (null, Refuse("it is not UTF-8; convert the file, for example with iconv -f WINDOWS-1252 -t UTF-8, or from UTF-16"));
        }
        if (HasMacLineEnds(row))
        {
            return (null, Refuse(
                "it has a carriage return outside quotes, so the lines of the file seem to end with carriage returns alone; "
                + "end them with line feeds, for example with tr '\\r' '\\n'"));
        }
        if (!CsvFields.TrySplit(row, separator, fields))
        {
            return (null, Refuse("a quote is not closed, or text follows a closing quote; write a field with quotes as \"a \"\"b\"\" c\""));
        }
        var (names, types, buffer) = (new string[fields.Count], new CsvType[fields.Count], Array.Empty<byte>());
        for (var i = 0; i < names.Length; i++) (names[i], types[i]) = CsvValues.Column(Encoding.UTF8.GetString(fields[i].Text(row, ref buffer)).Trim());
        var faults = new List<string>();
        var members = ColumnTree.Read(names, faults);
        if (names.Length == 1 && OtherSeparator(row, separator) is { } other) faults.Add(other);
        return faults.Count == 0 ? (new CsvHeader(members, names, types), null) : (null, Refuse(ErrorText.Join(faults)));
    }

    /// <summary>Writes a row as a JSON object. Missing values are left out, and so are objects all of whose values are missing.</summary>
    /// <param name="row">The bytes of the row, valid UTF-8.</param>
    /// <param name="fields">The fields of the row, one per column.</param>
    /// <param name="json">Receives the object.</param>
    /// <param name="buffer">A buffer of the caller for fields with doubled quotes; it may be replaced by a larger one.</param>
    /// <returns>Why the row is rejected, if a value does not have the type of its column; otherwise null.</returns>
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
        json.WritePropertyName(node.Json);
        if (node.Column >= 0)
        {
            var (field, type) = (fields[node.Column], _types[node.Column]);
            if (CsvValues.TryWrite(field.Text(row, ref buffer), field.IsQuoted, type, json)) return null;
            var column = $"column {node.Column + 1}, {ErrorText.Quote(_names[node.Column])},";
            return new Rejection(400, "invalid_value", $"the value of {column} is not {CsvValues.Describe(type)}{CsvValues.Remedy(type)}");
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

    // A position after an even number of quotes is outside quotes, doubled quotes included.
    private static bool HasMacLineEnds(ReadOnlySpan<byte> row)
    {
        var isQuoted = false;
        foreach (var c in row)
        {
            if (c == '"') isQuoted = !isQuoted;
            else if (c == '\r' && !isQuoted) return true;
        }
        return false;
    }

    private static string? OtherSeparator(ReadOnlySpan<byte> row, byte separator)
    {
        var found = row.IndexOfAny(",;\t|"u8);
        if (found < 0 || row[found] == separator) return null;
        var (text, parameter) = row[found] == '\t' ? ("a tab", "tab") : ($"'{(char)row[found]}'", Uri.HexEscape((char)row[found]));
        return $"there is only one column, but its name contains {text}; if that separates the columns, add separator={parameter} to the query";
    }

    private static Rejection Refuse(string faults) => new(
        400, "invalid_csv_header", $"the first row must name the columns, for example type,userId,event,timestamp,properties.revenue: {faults}");
}
