namespace Cdp.Benchmarks;

/// <summary>A table for people: the first column to the left, figures to the right.</summary>
internal static class Table
{
    public static void Print(string[] head, IReadOnlyList<string[]> rows)
    {
        var widths = head.Select((title, column) => rows.Append(head).Max(row => row[column].Length)).ToArray();
        Line(head);
        Console.WriteLine(string.Join("  ", widths.Select(width => new string('-', width))));
        foreach (var row in rows) Line(row);
        Console.WriteLine();

        void Line(string[] cells) => Console.WriteLine(string.Join("  ", cells.Select((cell, column) => column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))).TrimEnd());
    }
}
