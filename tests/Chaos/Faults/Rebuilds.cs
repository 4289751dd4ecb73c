using Cdp.Chaos.Processes;

namespace Cdp.Chaos.Faults;

/// <summary>
/// Runs the rebuild of profiles as an operator does. While parts of the installation are killed, a rebuild may give up. It must never crash or report a
/// difference: at any time every state equals what the events imply.
/// </summary>
public sealed class Rebuilds(Installation installation)
{
    private readonly List<string> _failures = [];
    private Task _running = Task.CompletedTask;

    /// <summary>The number of rebuilds that completed their comparison.</summary>
    public int Completed { get; private set; }

    public IReadOnlyList<string> Failures => _failures;

    /// <summary>Waits for the previous rebuild, then starts one that runs while other faults happen.</summary>
    /// <param name="mode">Empty: only compare. <c>switch</c>: put the result in use.</param>
    /// <param name="stopping">Cancelled when the run is stopped.</param>
    public async Task StartAsync(string mode, CancellationToken stopping)
    {
        await _running;
        _running = RunAsync(mode, mayGiveUp: true, stopping);
    }

    /// <summary>Waits for the running rebuild, then compares once more while nothing else is running.</summary>
    public async Task FinishAsync(CancellationToken stopping)
    {
        await _running;
        await RunAsync("", mayGiveUp: false, stopping);
    }

    private async Task RunAsync(string mode, bool mayGiveUp, CancellationToken stopping)
    {
        // The generation that an earlier switch kept must be deleted before the next switch.
        if (mode == "switch") await OperatorCommand.RunAsync("dotnet", installation.Arguments("Profiles", ["--rebuild=cleanup"]), stopping);
        var option = mode.Length == 0 ? "--rebuild" : $"--rebuild={mode}";
        var (code, output) = await OperatorCommand.RunAsync("dotnet", installation.Arguments("Profiles", [option]), stopping);
        var isCompared = output.Contains("compared with", StringComparison.Ordinal);
        if (isCompared) Completed++;
        var hasDifference = output.Split('\n').Any(line => line.StartsWith("different:", StringComparison.Ordinal));
        var isCorrect = code == 0 || (code == 1 && !hasDifference && (mayGiveUp || isCompared));
        if (!isCorrect)
        {
            var lastLines = string.Join(" | ", output.Split('\n').Where(line => line.Length > 0).TakeLast(8));
            _failures.Add($"{option} {(mayGiveUp ? "during faults" : "at rest")} exited with {code}: {lastLines}");
        }
        Console.WriteLine($"{DateTime.UtcNow:HH:mm:ss.fff} {option} exited with {code}{(isCompared ? "" : ", without a comparison")}");
    }
}
