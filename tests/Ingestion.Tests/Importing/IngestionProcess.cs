using System.Diagnostics;
using System.Globalization;
using Cdp.Streaming.Clients;

namespace Cdp.Ingestion.Tests.Importing;

/// <summary>The service in its own process, which a test can kill.</summary>
internal sealed class IngestionProcess : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(120);

    private readonly string[] _arguments;
    private Process? _process;

    public IngestionProcess(KafkaOptions kafka, string sources)
    {
        var port = FreePort.FindForRestarts().ToString(CultureInfo.InvariantCulture);
        Client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = Bound };
        _arguments =
        [
            typeof(IngestionService).Assembly.Location, $"--Port={port}", $"--Kafka:BootstrapServers={kafka.BootstrapServers}",
            $"--Kafka:SchemaRegistry={kafka.SchemaRegistry}", $"--Kafka:Partitions={IngestionHost.Partitions}", $"--Sources:0={sources}",
            $"--Imports:Folder={Path.Combine(sources, "imports")}",
        ];
    }

    public HttpClient Client { get; }

    public async Task StartAsync()
    {
        _process = Process.Start(new ProcessStartInfo("dotnet", _arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        // Its output must be read: otherwise the process would block once the pipe is full.
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await Eventually.TrueAsync(IsReadyAsync, "the service is ready", Bound);
    }

    /// <summary>Ends the process with SIGKILL.</summary>
    public void Kill()
    {
        if (_process is null) return;
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    public void Dispose()
    {
        Kill();
        Client.Dispose();
    }

    private async Task<bool> IsReadyAsync()
    {
        if (_process!.HasExited) throw new InvalidOperationException($"the service ended with {_process.ExitCode}");
        try
        {
            using var response = await Client.GetAsync("/health/ready");
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
