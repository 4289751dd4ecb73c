using System.Diagnostics;
using Cdp.Testing;

namespace Cdp.Benchmarks.Processes;

/// <summary>A service, or the infrastructure, as a separate process. It can be killed and restarted under the same name.</summary>
/// <param name="name">The folder under services/.</param>
/// <param name="arguments">The command line.</param>
/// <param name="address">The URL of its API, if it has one.</param>
/// <param name="management">The URL for <paramref name="health"/> and the metrics.</param>
/// <param name="health">The path that answers 200 once it is ready.</param>
/// <param name="library">The assembly to run; null: that of the service with this name.</param>
internal sealed class ServiceProcess(string name, string arguments, Uri address, Uri management, string health, string? library = null) : IAsyncDisposable
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(2) };

    private readonly List<string> _output = [];
    private Process? _process;
    private double _cpuOfEndedProcesses;
    private long _peakOfEndedProcesses;

    public string Name { get; } = name;
    public Uri Address { get; } = address;

    /// <summary>CPU seconds, including those before restarts.</summary>
    public double CpuSeconds => _cpuOfEndedProcesses + Cpu();

    /// <summary>The largest resident set in MiB, also before restarts.</summary>
    public long PeakMiB => Math.Max(_peakOfEndedProcesses, Peak());

    /// <summary>The resident set now, in MiB.</summary>
    public double MiB => ProcessUsage.MiB(_process!.Id);

    /// <summary>A service on free ports, not started yet.</summary>
    public static ServiceProcess OnFreePorts(string name, string arguments, string health = "/health/ready", string? library = null)
    {
        var (port, management) = (FreePort.Find(), FreePort.Find());
        var (address, managementAddress) = (new Uri($"http://127.0.0.1:{port}"), new Uri($"http://127.0.0.1:{management}"));
        return new ServiceProcess(name, $"{arguments} --Port={port} --Management:Port={management}", address, managementAddress, health, library);
    }

    /// <summary>Starts the service and waits until it is ready.</summary>
    public async Task StartAsync(TimeSpan? bound = null)
    {
        var path = library ?? Path.Combine(Root(), $"services/{Name}/bin/{Configuration}/net10.0/Cdp.{Name}.dll");
        _process = ProcessOutput.Start(new ProcessStartInfo("dotnet", $"\"{path}\" {arguments}"), AddLine);
        await WaitAsync($"{Name} is ready", IsReadyAsync, bound ?? TimeSpan.FromSeconds(60));
    }

    /// <summary>SIGKILL. The service can be started again.</summary>
    public void Kill() => End();

    /// <summary>SIGKILL, then a restart under the same name.</summary>
    public async Task KillAndStartAsync()
    {
        Kill();
        await StartAsync();
    }

    /// <summary>The value of a counter, summed over the label sets that contain <paramref name="label"/>.</summary>
    public async Task<long> CounterAsync(string metric, string label)
    {
        var text = await Http.GetStringAsync(new Uri(management, "/metrics"));
        return (long)MetricsText.Sum(text, metric, label);
    }

    public ValueTask DisposeAsync()
    {
        End();
        return ValueTask.CompletedTask;
    }

    public static async Task WaitAsync(string what, Func<Task<bool>> condition, TimeSpan bound)
    {
        for (var since = Stopwatch.GetTimestamp(); !await condition();)
        {
            if (Stopwatch.GetElapsedTime(since) > bound) throw new TimeoutException($"timed out after {bound.TotalSeconds:0} s waiting until {what}");
            await Task.Delay(50);
        }
    }

    private async Task<bool> IsReadyAsync()
    {
        if (_process!.HasExited) throw new InvalidOperationException($"{Name} exited with {_process.ExitCode}:\n{string.Join('\n', _output.TakeLast(20))}");
        try
        {
            return (await Http.GetAsync(new Uri(management, health))).IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private void End()
    {
        if (_process is null) return;
        _cpuOfEndedProcesses += Cpu();
        _peakOfEndedProcesses = PeakMiB;
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    private void AddLine(string line)
    {
        lock (_output) _output.Add(line);
    }

    private double Cpu() => _process is null or { HasExited: true } ? 0 : ProcessUsage.CpuSeconds(_process.Id);

    private long Peak() => _process is null or { HasExited: true } ? 0 : ProcessUsage.PeakMiB(_process.Id);

    private static string Root() => AppContext.BaseDirectory[..AppContext.BaseDirectory.IndexOf("/tests/Benchmarks/", StringComparison.Ordinal)];

    private static string Configuration => AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";
}
