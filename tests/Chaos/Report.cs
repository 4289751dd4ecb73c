using System.Globalization;
using Cdp.Chaos.Faults;
using Cdp.Chaos.Ledger;

namespace Cdp.Chaos;

/// <summary>What a run prints.</summary>
public static class Report
{
    public static void Print(Findings findings, IReadOnlyList<Recovery> recoveries, IReadOnlyList<string> exits)
    {
        Console.WriteLine();
        Console.WriteLine("time to recover        faults     p50     max   (from the restart until new logins are readable over every partition)");
        foreach (var kind in recoveries.GroupBy(recovery => $"{recovery.Deed.ToString().ToLowerInvariant()} {recovery.Kind}").OrderBy(kind => kind.Key, StringComparer.Ordinal))
        {
            double[] seconds = [.. kind.Select(recovery => recovery.Took.TotalSeconds).Order()];
            Line($"{kind.Key,-22} {seconds.Length,6} {seconds[(seconds.Length - 1) / 2],7:0.0} {seconds[^1],7:0.0}");
        }
        if (exits.Count > 0) Console.WriteLine($"ended by themselves and were started again: {string.Join(", ", exits)}");
        Console.WriteLine();
        foreach (var (fault, count) in findings.Counts) Line($"{Name(fault),-22} {count,6}");
        Console.WriteLine();
        foreach (var (fault, text) in findings.Words) Console.WriteLine($"{Name(fault)}: {text}");
    }

    private static string Name(Fault fault) => string.Concat($"{fault}".Select((c, i) => i > 0 && char.IsUpper(c) ? $" {char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"));

    private static void Line(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
