using System.Diagnostics;
using System.Globalization;
using Cdp.LocalKafka;
using Cdp.LocalKafka.Hosting;

namespace Cdp.Benchmarks.Processes;

/// <summary>The embedded broker in a separate process of this program. It can be killed and restarted with its data on its port.</summary>
internal sealed class BrokerProcess(string data) : IDisposable
{
    private Process? _process;
    private int _port;

    public string BootstrapServers => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");
    public int Port => _port;
    public double CpuSeconds => ProcessUsage.CpuSeconds(_process!.Id);
    public double MiB => ProcessUsage.MiB(_process!.Id);
    public long PeakMiB => ProcessUsage.PeakMiB(_process!.Id);

    /// <summary>Runs in the child process: serves until standard input ends, so that it never outlives its parent.</summary>
    public static async Task<int> ServeAsync(string data, int port)
    {
        var started = Stopwatch.GetTimestamp();
        await using var broker = await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = data, Port = port });
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{broker.Port} {Stopwatch.GetElapsedTime(started).TotalMilliseconds}"));
        while (await Console.In.ReadLineAsync() is not null) continue;
        return 0;
    }

    /// <returns>How long the child took to open the data and bind the port, with code not yet compiled.</returns>
    public TimeSpan Start()
    {
        string[] arguments = [typeof(BrokerProcess).Assembly.Location, "broker-process", data, _port.ToString(CultureInfo.InvariantCulture)];
        _process = Process.Start(new ProcessStartInfo("dotnet", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var answer = (_process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"the broker on {data} did not start")).Split(' ');
        _port = int.Parse(answer[0], CultureInfo.InvariantCulture);
        return TimeSpan.FromMilliseconds(double.Parse(answer[1], CultureInfo.InvariantCulture));
    }

    /// <summary>A clean stop: closes its standard input.</summary>
    public void Stop()
    {
        _process!.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    /// <summary>SIGKILL.</summary>
    public void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    public void Dispose()
    {
        if (_process is not null) Kill();
    }
}
