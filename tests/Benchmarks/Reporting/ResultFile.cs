using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Cdp.Benchmarks.Reporting;

/// <summary>Saves everything that a run prints, with machine and commit, as a dated file under tests/Benchmarks/results.</summary>
internal sealed class ResultFile : IDisposable
{
    private readonly TextWriter _console = Console.Out;
    private readonly StringWriter _copy = new(CultureInfo.InvariantCulture);
    private readonly DateTime _started = DateTime.UtcNow;

    private ResultFile() => Console.SetOut(new TeeWriter(_console, _copy));

    /// <summary>Copies the console's output from now on.</summary>
    public static ResultFile Begin() => new();

    /// <summary>Writes the file.</summary>
    /// <param name="benchmark">The name of the benchmark.</param>
    /// <param name="arguments">The command line.</param>
    /// <returns>The path of the file.</returns>
    public string Save(string benchmark, IEnumerable<string> arguments)
    {
        var path = Path.Combine(Folder(), $"{_started:yyyy-MM-dd-HHmm}-{benchmark}.md");
        Directory.CreateDirectory(Folder());
        File.WriteAllText(path, $"""
            # {benchmark}, {_started:yyyy-MM-dd HH:mm} UTC

            | | |
            | --- | --- |
            | commit | {Commit()} |
            | machine | {Processor()}, {Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1 << 30)} GiB |
            | system | {RuntimeInformation.OSDescription}, .NET {Environment.Version} |
            | command | `dotnet run -c Release --project tests/Benchmarks -- {string.Join(' ', arguments)}` |

            ```text
            {_copy.ToString().TrimEnd()}
            ```

            """);
        return path;
    }

    public void Dispose()
    {
        Console.SetOut(_console);
        _copy.Dispose();
    }

    private static string Root() => AppContext.BaseDirectory[..AppContext.BaseDirectory.IndexOf("/tests/Benchmarks/", StringComparison.Ordinal)];

    private static string Folder() => Path.Combine(Root(), "tests/Benchmarks/results");

    private static string Commit() => $"{Git("rev-parse --short HEAD")}{(Git("status --porcelain").Length > 0 ? ", with uncommitted changes" : "")}";

    private static string Git(string arguments)
    {
        try
        {
            using var git = Process.Start(new ProcessStartInfo("git", arguments) { WorkingDirectory = Root(), RedirectStandardOutput = true })!;
            var output = git.StandardOutput.ReadToEnd().Trim();
            git.WaitForExit();
            return output;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // git is not installed.
            return "unknown";
        }
    }

    private static string Processor()
    {
        var line = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':') + 1)..].Trim();
    }

    private sealed class TeeWriter(TextWriter first, TextWriter second) : TextWriter
    {
        public override Encoding Encoding => first.Encoding;

        public override void Write(char value)
        {
            first.Write(value);
            second.Write(value);
        }

        public override void Write(string? value)
        {
            first.Write(value);
            second.Write(value);
        }
    }
}
