using System.Globalization;
using System.Text.Json;

namespace Cdp.Ingestion.Importing.Reading;

/// <summary>A member of a row's JSON object: the value of a column, or a nested object.</summary>
/// <param name="Name">The name of the member.</param>
/// <param name="Column">The index of the column, from 0; -1 for an object.</param>
public sealed record ColumnNode(string Name, int Column)
{
    /// <summary>The name encoded for JSON.</summary>
    public JsonEncodedText Json { get; } = JsonEncodedText.Encode(Name, RowJson.Encoder);

    public List<ColumnNode> Members { get; } = [];

    /// <summary>The members by name, because there may be thousands.</summary>
    public Dictionary<string, ColumnNode> ByName { get; } = [];
}

/// <summary>Maps the columns of a table to members of a row's JSON: <c>properties.revenue</c> is the member revenue of the object properties.</summary>
public static class ColumnTree
{
    private const int MaxDepth = 32;
    private const int MaxColumns = 10_000;

    /// <param name="names">The names of the columns, in order.</param>
    /// <param name="faults">Receives every error.</param>
    public static List<ColumnNode> Read(IReadOnlyList<string> names, ICollection<string> faults)
    {
        var root = new ColumnNode("", -1);
        if (names.Count > MaxColumns)
        {
            faults.Add($"there are {names.Count} columns; use at most {MaxColumns}");
            return root.Members;
        }
        for (var column = 0; column < names.Count; column++)
        {
            if (Add(root, names, column) is not { } fault) continue;
            var name = names[column].Length == 0 ? "" : $", {ErrorText.Quote(names[column])},";
            faults.Add($"column {column + 1}{name} {fault}");
        }
        return root.Members;
    }

    /// <summary>The columns in the order of their values in the JSON.</summary>
    public static IEnumerable<int> Order(IEnumerable<ColumnNode> members) =>
        members.SelectMany(member => member.Column >= 0 ? [member.Column] : Order(member.Members));

    private static string? Add(ColumnNode parent, IReadOnlyList<string> names, int column)
    {
        var parts = names[column].Split('.');
        if (names[column].Length == 0) return "has no name; name it, for example properties.note";
        if (names[column].AsSpan().IndexOfAnyInRange('\0', '\u001F') is >= 0 and var at)
        {
            return string.Create(CultureInfo.InvariantCulture, $"contains the control character U+{(int)names[column][at]:X4}; rename it");
        }
        if (parts.Any(part => part.Length == 0)) return "has an empty part before or after a dot; write it like properties.note";
        if (parts.Length > MaxDepth) return $"is nested {parts.Length} deep; use at most {MaxDepth}";
        for (var i = 0; i < parts.Length; i++)
        {
            var isLeaf = i == parts.Length - 1;
            var node = parent.ByName.GetValueOrDefault(parts[i]);
            if (node is { Column: >= 0 }) return $"has the same place as column {node.Column + 1}, {ErrorText.Quote(names[node.Column])}; rename one of them";
            if (node is not null && isLeaf) return "has the name of an object that other columns are members of; rename it";
            if (node is null)
            {
                node = new ColumnNode(parts[i], isLeaf ? column : -1);
                parent.Members.Add(node);
                parent.ByName.Add(parts[i], node);
            }
            parent = node;
        }
        return null;
    }
}
