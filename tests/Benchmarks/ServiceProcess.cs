using System.Diagnostics;
using System.Globalization;

namespace Cdp.Benchmarks;

/// <summary>A service, or the infrastructure, as a process of its own; it can be killed and started again under the same name.</summary>
/// <param name="library">What it runs; null: the service of its name.</param>
internal sealed class ServiceProcess(string name, string arguments, Uri address, string health, string? library = null) : IAsyncDisposable
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(2) };

    private readonly List<string> _output = [];
    private Process? _process;
    private double _cpuOfTheDead;
    private long _peakOfTheDead;

    public string Name { get; } = name;
    public Uri Address { get; } = address;

    /// <summary>CPU seconds of all its lives.</summary>
    public double CpuSeconds => _cpuOfTheDead + Cpu();

    /// <summary>The largest resident set of any of its lives, in MiB.</summary>
    public long PeakMiB => Math.Max(_peakOfTheDead, Peak());

    /// <summary>The resident set now, in MiB.</summary>
    public double MiB => ProcessUsage.MiB(_process!.Id);

    /// <summary>Starts it and waits until it is ready.</summary>
    public async Task StartAsync(TimeSpan? bound = null)
    {
        var path = library ?? Path.Combine(Root(), $"services/{Name}/bin/{Configuration}/net10.0/Cdp.{Name}.dll");
        _process = new Process { StartInfo = new ProcessStartInfo("dotnet", $"\"{path}\" {arguments}") { RedirectStandardOutput = true, RedirectStandardError = true } };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await WaitAsync($"{Name} is ready", IsReadyAsync, bound ?? TimeSpan.FromSeconds(60));
    }

    /// <summary>SIGKILL. It can be started again.</summary>
    public void Kill() => End();

    /// <summary>SIGKILL, then a start under the same name.</summary>
    public async Task KillAndStartAsync()
    {
        Kill();
        await StartAsync();
    }

    /// <summary>A counter of its /metrics, summed over the label sets that contain <paramref name="label"/>.</summary>
    public async Task<long> CounterAsync(string metric, string label)
    {
        var text = await Http.GetStringAsync(new Uri(Address, "/metrics"));
        return (long)text.Split('\n').Where(line => line.StartsWith(metric, StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal))
            .Sum(line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture));
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
            if (Stopwatch.GetElapsedTime(since) > bound) throw new TimeoutException($"waited {bound.TotalSeconds:0} s in vain: {what}");
            await Task.Delay(50);
        }
    }

    private async Task<bool> IsReadyAsync()
    {
        if (_process!.HasExited) throw new InvalidOperationException($"{Name} ended with {_process.ExitCode}:\n{string.Join('\n', _output.TakeLast(20))}");
        try
        {
            return (await Http.GetAsync(new Uri(Address, health))).IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private void End()
    {
        if (_process is null) return;
        _cpuOfTheDead += Cpu();
        _peakOfTheDead = PeakMiB;
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    private void Keep(string? line)
    {
        if (line is not null) lock (_output) _output.Add(line);
    }

    private double Cpu() => _process is null or { HasExited: true } ? 0 : ProcessUsage.CpuSeconds(_process.Id);

    private long Peak() => _process is null or { HasExited: true } ? 0 : ProcessUsage.PeakMiB(_process.Id);

    private static string Root() => AppContext.BaseDirectory[..AppContext.BaseDirectory.IndexOf("/tests/Benchmarks/", StringComparison.Ordinal)];

    private static string Configuration => AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";
}
