using System.Diagnostics;

namespace Cdp.Chaos.Processes;

/// <summary>A program that an operator runs once.</summary>
public static class OperatorCommand
{
    /// <summary>Runs the program until it exits; kills it if the run is stopped.</summary>
    /// <returns>Its exit code and everything it printed.</returns>
    public static async Task<(int Code, string Output)> RunAsync(string program, IEnumerable<string> arguments, CancellationToken stopping)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true },
        };
        process.Start();
        try
        {
            var texts = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(stopping), process.StandardError.ReadToEndAsync(stopping));
            await process.WaitForExitAsync(stopping);
            return (process.ExitCode, string.Concat(texts));
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }
}
