using System.Text.Json;

namespace Cdp.Ingestion.Importing.Reading;

/// <summary>A member of a row's JSON: a column's value, or an object of further members.</summary>
/// <param name="Name">The member's name.</param>
/// <param name="Column">The column, from 0; -1 for an object.</param>
public sealed record ColumnNode(JsonEncodedText Name, int Column)
{
    public List<ColumnNode> Members { get; } = [];
}

/// <summary>Where the columns of a table stand in a row's JSON: <c>properties.revenue</c> is the member revenue of the object properties.</summary>
public static class ColumnTree
{
    private const int MaxDepth = 32;
    private const int MaxColumns = 10_000;

    /// <param name="names">The columns' names in order.</param>
    /// <param name="faults">Gets every fault.</param>
    public static List<ColumnNode> Read(IReadOnlyList<string> names, ICollection<string> faults)
    {
        var root = new List<ColumnNode>();
        if (names.Count > MaxColumns)
        {
            faults.Add($"there are {names.Count} columns; {MaxColumns} are the most");
            return root;
        }
        for (var column = 0; column < names.Count; column++)
        {
            if (Place(root, names, column) is { } fault) faults.Add($"column {column + 1}{(names[column].Length == 0 ? "" : $", '{names[column]}',")} {fault}");
        }
        return root;
    }

    private static string? Place(List<ColumnNode> members, IReadOnlyList<string> names, int column)
    {
        var parts = names[column].Split('.');
        if (names[column].Length == 0) return "has no name; give it one, such as properties.note";
        if (parts.Any(part => part.Length == 0)) return "has an empty part between dots; write it as properties.note";
        if (parts.Length > MaxDepth) return $"goes {parts.Length} deep; {MaxDepth} is the most";
        for (var i = 0; i < parts.Length; i++)
        {
            var isLeaf = i == parts.Length - 1;
            var node = members.Find(other => other.Name.Value == parts[i]);
            if (node is { Column: >= 0 }) return $"stands where column {node.Column + 1}, '{names[node.Column]}', does; rename one of them";
            if (node is not null && isLeaf) return "stands where other columns have their object; rename it";
            if (node is null) members.Add(node = new ColumnNode(JsonEncodedText.Encode(parts[i], RowJson.Encoder), isLeaf ? column : -1));
            members = node.Members;
        }
        return null;
    }
}
