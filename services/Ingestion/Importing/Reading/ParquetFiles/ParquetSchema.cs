using System.Globalization;

namespace Cdp.Ingestion.Importing.Reading.ParquetFiles;

/// <summary>An element of the schema in the footer of a Parquet file. Each group precedes its members; the first element is the root.</summary>
/// <param name="Name">The name of the element.</param>
/// <param name="Members">The number of members; 0 for a column of values.</param>
/// <param name="LogicalType">The logical type as DuckDB prints it, such as <c>DecimalType(scale=2, precision=9)</c>; empty if there is none.</param>
/// <param name="ConvertedType">The older form of the logical type, such as <c>DECIMAL</c>; empty if there is none.</param>
/// <param name="Precision">The number of digits of a decimal.</param>
public sealed record ParquetElement(string Name, int Members, string LogicalType, string ConvertedType, int Precision);

/// <summary>
/// Reads the names of the columns of a Parquet file and finds columns that DuckDB would silently misread. DuckDB ignores case in names and would rename the
/// second of <c>USERID</c> and <c>userId</c> to <c>userId_1</c>, so columns are read by position and get their names here.
/// </summary>
public static class ParquetSchema
{
    private const int MaxDepth = 64;
    private const int MaxPrecision = 38;

    // Logical types that DuckDB recognises only by their converted type. Without it a decimal would lose its scale, a date would become a number, and a string
    // base64.
    private static readonly string[] NeedConvertedType = ["StringType", "EnumType", "JsonType", "DecimalType", "DateType"];

    /// <param name="elements">The schema.</param>
    /// <param name="faults">Receives an error for each column that cannot be read.</param>
    /// <returns>The names of the top-level columns, in order.</returns>
    public static List<string> Columns(IReadOnlyList<ParquetElement> elements, ICollection<string> faults)
    {
        var columns = new List<string>();
        var open = new Stack<Group>([new Group("", elements.Count == 0 ? 0 : elements[0].Members)]);
        foreach (var element in elements.Skip(1))
        {
            while (open.Count > 1 && open.Peek().Left == 0) open.Pop();
            var group = open.Peek();
            group.Left--;
            var path = open.Count == 1 ? element.Name : $"{group.Path}.{element.Name}";
            if (open.Count == 1) columns.Add(element.Name);
            else if (!group.Names.Add(element.Name))
            {
                var (column, parent) = (ErrorText.Quote(path), ErrorText.Quote(group.Path));
                faults.Add($"column {column} differs from another member of {parent} only in case or not at all; rename one of them");
            }
            if (Misread(element) is { } misread) faults.Add($"column {ErrorText.Quote(path)} {misread}");
            if (element.Members == 0) continue;
            if (open.Count > MaxDepth)
            {
                faults.Add($"column {ErrorText.Quote(columns[^1])} is nested deeper than {MaxDepth} levels; flatten it, or write it as a JSON text");
                return columns;
            }
            open.Push(new Group(path, element.Members));
        }
        if (columns.Count == 0) faults.Add("there are no columns; write at least type, userId and event");
        return columns;
    }

    private static string? Misread(ParquetElement element)
    {
        if (element.Precision > MaxPrecision)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"is a decimal of {element.Precision} digits, of which only {MaxPrecision} can be read exactly; cast it to a text or to fewer digits");
        }
        var type = element.LogicalType.Split('(')[0];
        return element.ConvertedType.Length == 0 && NeedConvertedType.Contains(type)
            ? $"has the logical type {type} without the converted type that many readers need; write the file with both, as Arrow and parquet-java do"
            : null;
    }

    private sealed class Group(string path, int left)
    {
        public string Path => path;

        public int Left { get; set; } = left;

        public HashSet<string> Names { get; } = new(StringComparer.OrdinalIgnoreCase);
    }
}
