using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Reflection;
using Xunit;

namespace Cdp.Integration.Stack;

/// <summary>A service, or Local, as a process of its own. It can be killed and started again as it was.</summary>
/// <param name="program">The folder under services/, such as Ingestion.</param>
/// <param name="arguments">Its command line.</param>
public sealed class ServiceProcess(string program, IReadOnlyList<string> arguments) : IAsyncDisposable
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(2) };
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly List<string> _lines = [];
    private Process? _process;

    /// <summary>Where it answers; set by the test that knows.</summary>
    public required Uri Url { get; set; }

    /// <summary>What its API is asked with; null: it has none.</summary>
    public string? Token { get; set; }

    public bool HasExited => _process!.HasExited;

    /// <summary>What this life has printed so far, to either stream.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines) return [.. _lines];
        }
    }

    /// <summary>
    /// A free port below those that the system gives to outgoing connections: one of them could take it while its owner is dead, and the owner's next life
    /// would find it taken.
    /// </summary>
    public static int FreePort()
    {
        while (true)
        {
            using var listener = new TcpListener(IPAddress.Any, Random.Shared.Next(20_000, 32_000)) { ExclusiveAddressUse = true };
            try
            {
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // The next one, then.
            }
        }
    }

    public void Start()
    {
        var library = Path.Combine(Metadata("ServicesFolder"), program, Metadata("ProgramFolder"), $"Cdp.{program}.dll");
        lock (_lines) _lines.Clear();
        _process = new Process { StartInfo = new ProcessStartInfo("dotnet", [library, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true } };
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>SIGKILL; it has no chance to end what it is doing.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await ExitAsync();
    }

    /// <summary>SIGTERM, as an orchestrator stops it. Answers the exit code.</summary>
    public async Task<int> StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        return await ExitAsync();
    }

    /// <summary>Waits until it has ended, and answers its exit code.</summary>
    public async Task<int> ExitAsync()
    {
        using var bound = new CancellationTokenSource(Bound);
        // It completes when the last line is read, too.
        await _process!.WaitForExitAsync(bound.Token);
        return _process.ExitCode;
    }

    /// <summary>GET; null while nobody answers.</summary>
    public async Task<(HttpStatusCode Status, string Body)?> GetAsync(string path)
    {
        if (_process!.HasExited) Assert.Fail($"{program} ended with {_process.ExitCode}:\n{string.Join('\n', Lines.TakeLast(20))}");
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Url, path));
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

    /// <summary>A counter of its /metrics in this life, summed over its labels.</summary>
    public async Task<double> CounterAsync(string name) => await GetAsync("/metrics") is (_, var text)
        ? text.Split('\n').Where(line => line.StartsWith(name, StringComparison.Ordinal)).Sum(line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture))
        : 0;

    public async ValueTask DisposeAsync()
    {
        if (_process is null) return;
        if (!_process.HasExited) await KillAsync();
        _process.Dispose();
        _process = null;
    }

    private Task UntilOkAsync(string path) => Eventually.TrueAsync(async () => await GetAsync(path) is (HttpStatusCode.OK, _), $"{program} answers 200 to {path}");

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        // The dead process's last lines may come while the next one already runs.
        if (line.Data is null || sender != _process) return;
        lock (_lines) _lines.Add(line.Data);
    }

    private static string Metadata(string key) => typeof(ServiceProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == key).Value!;
}
