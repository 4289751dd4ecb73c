using System.Runtime.InteropServices;
using Cdp.Chaos;
using Cdp.Chaos.Settings;

var (options, errors) = ChaosOptions.Parse(args);
foreach (var error in errors) await Console.Error.WriteLineAsync($"chaos: {error}");
if (errors.Count > 0) await Console.Error.WriteLineAsync(ChaosOptions.Usage);
if (errors.Count > 0) return 2;

// However the run ends, the processes that it started are stopped.
using var stopping = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    return await Run.ExecuteAsync(options, stopping.Token) ? 0 : 1;
}
catch (OperationCanceledException)
{
    await Console.Error.WriteLineAsync("chaos: stopped");
    return 1;
}
catch (Exception e) when (e is TimeoutException or InvalidOperationException)
{
    await Console.Error.WriteLineAsync($"chaos: {e.Message}");
    return 1;
}

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stopping.Cancel();
}
