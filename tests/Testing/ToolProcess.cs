using System.Diagnostics;

namespace Cdp.Testing;

/// <summary>Runs a program once.</summary>
public static class ToolProcess
{
    /// <summary>Runs a program to its end. Kills it and its children if it does not exit within the bound.</summary>
    /// <param name="program">The path of the program.</param>
    /// <param name="arguments">The command line.</param>
    /// <param name="bound">How long it may run.</param>
    /// <param name="folder">The working directory; null: the test's.</param>
    /// <returns>The exit code, the standard output and the standard error.</returns>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        string program, IEnumerable<string> arguments, TimeSpan bound, string? folder = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder ?? "" };
        using var process = Process.Start(start)!;
        using var timeout = new CancellationTokenSource(bound);
        try
        {
            var texts = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(timeout.Token), process.StandardError.ReadToEndAsync(timeout.Token));
            await process.WaitForExitAsync(timeout.Token);
            return (process.ExitCode, texts[0], texts[1]);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
