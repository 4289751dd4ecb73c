using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Cdp.Chaos.Machines;

/// <summary>A process of the run, which can be killed, stopped, and started again as it was.</summary>
/// <param name="kind">What is counted together: validation, broker, ...</param>
/// <param name="name">Names it and its log.</param>
/// <param name="program">What runs.</param>
/// <param name="arguments">Its command line.</param>
/// <param name="log">The file that its output goes to.</param>
public sealed class Machine(string kind, string name, string program, IReadOnlyList<string> arguments, string log)
{
    private const int SigStop = 19, SigContinue = 18, SigTerminate = 15;

    private readonly Lock _lock = new();
    private Process? _process;

    public string Kind => kind;

    public string Name => name;

    /// <summary>Whether it is to run: false from a kill to the next start.</summary>
    public bool IsWanted { get; private set; }

    public bool IsStopped { get; private set; }

    /// <summary>The code that it ended with by itself; null: it runs, or nobody wants it to.</summary>
    public int? Ended => IsWanted && _process is { HasExited: true } process ? process.ExitCode : null;

    public void Start()
    {
        lock (_lock)
        {
            var file = new StreamWriter(log, append: true) { AutoFlush = true };
            var process = new Process { StartInfo = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true } };
            process.OutputDataReceived += (_, line) => Write(file, line.Data);
            process.ErrorDataReceived += (_, line) => Write(file, line.Data);
            process.Start();
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            Write(file, string.Create(CultureInfo.InvariantCulture, $"--- {DateTime.UtcNow:HH:mm:ss.fff} started as {process.Id}"));
            (_process, IsWanted, IsStopped) = (process, true, false);
        }
    }

    /// <summary>SIGKILL.</summary>
    public void Kill()
    {
        lock (_lock)
        {
            IsWanted = false;
            if (_process is null) return;
            if (!_process.HasExited) _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
            _process = null;
        }
    }

    /// <summary>SIGTERM; answers the exit code, null where it did not end in time and was killed.</summary>
    public async Task<int?> EndAsync(TimeSpan within)
    {
        var process = _process!;
        IsWanted = false;
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

    /// <summary>SIGSTOP: it knows nothing of the time that passes.</summary>
    public void Stop()
    {
        IsStopped = true;
        Signal(SigStop);
    }

    public void Continue()
    {
        Signal(SigContinue);
        IsStopped = false;
    }

    private void Signal(int signal)
    {
        lock (_lock)
        {
            if (_process is { HasExited: false } process) _ = SendSignal(process.Id, signal);
        }
    }

    private static void Write(StreamWriter file, string? line)
    {
        if (line is not null) lock (file) file.WriteLine(line);
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int SendSignal(int process, int signal);
}
