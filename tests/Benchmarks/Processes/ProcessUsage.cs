using System.Globalization;

namespace Cdp.Benchmarks.Processes;

/// <summary>The CPU time and memory of a process on Linux (proc(5)).</summary>
internal static class ProcessUsage
{
    private const double TicksPerSecond = 100; // USER_HZ

    /// <summary>The load average of the machine over the last minute.</summary>
    public static string LoadAverage => File.ReadAllText("/proc/loadavg").Split(' ')[0];

    public static double CpuSeconds(int id)
    {
        var fields = File.ReadAllText($"/proc/{id}/stat").Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return (double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    /// <summary>The processes that a process has started and that run.</summary>
    public static IEnumerable<int> Children(int id) =>
        Directory.GetDirectories($"/proc/{id}/task").SelectMany(thread => File.ReadAllText($"{thread}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(child => int.Parse(child, CultureInfo.InvariantCulture));

    /// <summary>The largest resident set so far, in MiB.</summary>
    public static long PeakMiB(int id) => Status(id, "VmHWM:") / 1024;

    /// <summary>The current resident set, in MiB.</summary>
    public static double MiB(int id) => Status(id, "VmRSS:") / 1024.0;

    private static long Status(int id, string field)
    {
        var line = File.ReadLines($"/proc/{id}/status").FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
