using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Cdp.Testing;

namespace Cdp.Chaos.Processes;

/// <summary>A process of the installation, which can be killed, suspended, and restarted with the same command line.</summary>
/// <param name="kind">Groups instances in reports: validation, broker, ...</param>
/// <param name="name">The name of the instance.</param>
/// <param name="program">The program to run.</param>
/// <param name="arguments">The command line.</param>
/// <param name="log">The file that receives the output.</param>
public sealed class ManagedProcess(string kind, string name, string program, IReadOnlyList<string> arguments, string log)
{
    private const int SigStop = 19, SigContinue = 18, SigTerminate = 15;

    private readonly Lock _lock = new();
    private Process? _process;

    public string Kind => kind;

    public string Name => name;

    /// <summary>False after a kill until the next start.</summary>
    public bool ShouldRun { get; private set; }

    /// <summary>The exit code of a process that should run and does not; null otherwise.</summary>
    public int? UnexpectedExitCode => ShouldRun && _process is { HasExited: true } process ? process.ExitCode : null;

    /// <param name="more">Additional arguments, for this start only.</param>
    public void Start(IReadOnlyList<string>? more = null)
    {
        lock (_lock)
        {
            var file = new StreamWriter(log, append: true) { AutoFlush = true };
            var process = ProcessOutput.Start(new ProcessStartInfo(program, [.. arguments, .. more ?? []]), line => Write(file, line));
            Write(file, string.Create(CultureInfo.InvariantCulture, $"--- {DateTime.UtcNow:HH:mm:ss.fff} started, pid {process.Id}"));
            (_process, ShouldRun) = (process, true);
        }
    }

    /// <summary>SIGKILL.</summary>
    public void Kill()
    {
        lock (_lock)
        {
            ShouldRun = false;
            if (_process is null) return;
            if (!_process.HasExited) _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
            _process = null;
        }
    }

    /// <summary>Sends SIGTERM.</summary>
    /// <returns>The exit code; null if the process did not exit in time and was killed.</returns>
    public async Task<int?> TerminateAsync(TimeSpan within)
    {
        var process = _process!;
        ShouldRun = false;
        Signal(SigTerminate);
        using var bound = new CancellationTokenSource(within);
        try
        {
            await process.WaitForExitAsync(bound.Token);
            return process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        finally
        {
            Kill();
        }
    }

    /// <summary>SIGSTOP: the process does not notice the time that passes.</summary>
    public void Suspend() => Signal(SigStop);

    /// <summary>SIGCONT.</summary>
    public void Resume() => Signal(SigContinue);

    private void Signal(int signal)
    {
        lock (_lock)
        {
            if (_process is { HasExited: false } process) _ = SendSignal(process.Id, signal);
        }
    }

    private static void Write(StreamWriter file, string line)
    {
        lock (file) file.WriteLine(line);
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int SendSignal(int process, int signal);
}
