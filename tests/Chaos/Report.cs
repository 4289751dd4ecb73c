using System.Globalization;
using Cdp.Chaos.Faults;
using Cdp.Chaos.Ledger;
using Cdp.Chaos.Settings;

namespace Cdp.Chaos;

/// <summary>The tables that a run prints at its end.</summary>
public static class Report
{
    public static void Print(Findings findings, IReadOnlyList<Recovery> recoveries, IReadOnlyList<(string Kind, int Count)> census, IReadOnlyList<string> exits)
    {
        Console.WriteLine();
        Console.WriteLine("time to recover (s)        faults     p50     max   (from the end of the fault until new logins are readable in every partition)");
        foreach (var kind in recoveries.GroupBy(recovery => $"{recovery.Fault.Name} {recovery.Fault.Target}").OrderBy(kind => kind.Key, StringComparer.Ordinal))
        {
            double[] seconds = [.. kind.Select(recovery => recovery.Took.TotalSeconds).Order()];
            Line($"{kind.Key,-26} {seconds.Length,6} {seconds[(seconds.Length - 1) / 2],7:0.0} {seconds[^1],7:0.0}");
        }
        if (exits.Count > 0) Console.WriteLine($"exited unexpectedly and were restarted (name, exit code): {string.Join(", ", exits)}");
        Console.WriteLine();
        Console.WriteLine("occurred                                                              count");
        foreach (var (kind, count) in census) Line($"{kind,-66} {count,8}");
        Console.WriteLine();
        Console.WriteLine("mismatch               count");
        foreach (var (mismatch, count) in findings.Counts) Line($"{EnumText.Words(mismatch),-22} {count,5}");
        Console.WriteLine();
        foreach (var (mismatch, text) in findings.Examples) Console.WriteLine($"{EnumText.Words(mismatch)}: {text}");
    }

    private static void Line(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
