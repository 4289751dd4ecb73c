namespace Cdp.Benchmarks.Reporting;

/// <summary>Prints tables: the first column left-aligned, figures right-aligned.</summary>
internal static class Table
{
    public static void Print(string[] head, IReadOnlyList<string[]> rows)
    {
        var widths = head.Select((title, column) => rows.Append(head).Max(row => row[column].Length)).ToArray();
        Line(head);
        Console.WriteLine(string.Join("  ", widths.Select(width => new string('-', width))));
        foreach (var row in rows) Line(row);
        Console.WriteLine();

        void Line(string[] cells)
        {
            var padded = cells.Select((cell, column) => column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]));
            Console.WriteLine(string.Join("  ", padded).TrimEnd());
        }
    }
}
