using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Reflection;
using Xunit;

namespace Cdp.Integration.Stack;

/// <summary>A service, or Local, as a separate process. It can be killed and restarted with the same command line.</summary>
/// <param name="program">The folder under services/, such as Ingestion.</param>
/// <param name="arguments">The command line.</param>
public sealed class ServiceProcess(string program, IReadOnlyList<string> arguments) : IAsyncDisposable
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(2) };
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(150);

    // A list for each start: the last lines of a dead process may arrive while the next one already runs.
    private List<string> _lines = [];
    private Process? _process;

    /// <summary>The URL of its API. Settable, for tests that learn the port only after the start.</summary>
    public required Uri Url { get; set; }

    /// <summary>The URL for health and metrics; null if there is none.</summary>
    public Uri? Management { get; init; }

    /// <summary>The token for its API; null if there is none.</summary>
    public string? Token { get; set; }

    public bool HasExited => _process!.HasExited;

    /// <summary>Everything that it printed since its last start, to both streams.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            var lines = _lines;
            lock (lines) return [.. lines];
        }
    }

    /// <summary>A service with its API and its management listener on free ports, not started yet.</summary>
    public static ServiceProcess OnFreePorts(string program, IEnumerable<string> arguments)
    {
        var (port, management) = (FreePort.FindForRestarts(), FreePort.FindForRestarts());
        return new ServiceProcess(program, [.. arguments, $"--Port={port}", $"--Management:Port={management}"])
        {
            Url = new Uri($"http://127.0.0.1:{port}"),
            Management = new Uri($"http://127.0.0.1:{management}"),
        };
    }

    public void Start()
    {
        var library = Path.Combine(Metadata("ServicesFolder"), program, Metadata("ProgramFolder"), $"Cdp.{program}.dll");
        var lines = _lines = [];
        _process = ProcessOutput.Start(new ProcessStartInfo("dotnet", [library, .. arguments]), line =>
        {
            lock (lines) lines.Add(line);
        });
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await ExitAsync();
    }

    /// <summary>SIGTERM, as an orchestrator stops a service.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        return await ExitAsync();
    }

    /// <summary>Waits until it has exited.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> ExitAsync()
    {
        using var bound = new CancellationTokenSource(Bound);
        // This also waits until the last line is read.
        await _process!.WaitForExitAsync(bound.Token);
        return _process.ExitCode;
    }

    /// <summary>Sends a GET request to the API, or for /health and /metrics to the management listener.</summary>
    /// <returns>Null if there is no answer.</returns>
    public async Task<(HttpStatusCode Status, string Body)?> GetAsync(string path)
    {
        if (_process!.HasExited) Assert.Fail($"{program} exited with {_process.ExitCode}:\n{string.Join('\n', Lines.TakeLast(20))}");
        try
        {
            var isManagement = path.StartsWith("/health", StringComparison.Ordinal) || path.StartsWith("/metrics", StringComparison.Ordinal);
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(isManagement ? Management! : Url, path));
            if (Token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
            using var response = await Http.SendAsync(request);
            return (response.StatusCode, await response.Content.ReadAsStringAsync());
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    public Task UntilLiveAsync() => UntilOkAsync("/health/live");

    public Task UntilReadyAsync() => UntilOkAsync("/health/ready");

    /// <summary>The value of a counter since the last start, summed over its labels.</summary>
    public async Task<double> CounterAsync(string name)
    {
        if (await GetAsync("/metrics") is not (_, var text)) return 0;
        return MetricsText.Sum(text, name);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is null) return;
        if (!_process.HasExited) await KillAsync();
        _process.Dispose();
        _process = null;
    }

    private Task UntilOkAsync(string path) =>
        Eventually.TrueAsync(async () => await GetAsync(path) is (HttpStatusCode.OK, _), $"{program} answers 200 to {path}");

    private static string Metadata(string key) =>
        typeof(ServiceProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == key).Value!;
}
