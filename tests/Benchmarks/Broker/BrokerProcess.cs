using System.Diagnostics;
using System.Globalization;
using Cdp.LocalKafka;

namespace Cdp.Benchmarks;

/// <summary>The embedded broker in a process of its own: this program, told to be one. It can be killed and started again on its data and port.</summary>
internal sealed class BrokerProcess(string data) : IDisposable
{
    private Process? _process;
    private int _port;

    public string BootstrapServers => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");
    public int Port => _port;
    public double CpuSeconds => ProcessUsage.CpuSeconds(_process!.Id);
    public double MiB => ProcessUsage.MiB(_process!.Id);
    public long PeakMiB => ProcessUsage.PeakMiB(_process!.Id);

    /// <summary>What the child does: serves until its standard input ends, so that it never outlives its parent.</summary>
    public static async Task<int> ServeAsync(string data, int port)
    {
        var started = Stopwatch.GetTimestamp();
        await using var broker = await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = data, Port = port });
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{broker.Port} {Stopwatch.GetElapsedTime(started).TotalMilliseconds}"));
        while (await Console.In.ReadLineAsync() is not null) continue;
        return 0;
    }

    /// <returns>How long opening the data and binding the port took in the child, code not yet compiled.</returns>
    public TimeSpan Start()
    {
        _process = Process.Start(new ProcessStartInfo("dotnet", [typeof(BrokerProcess).Assembly.Location, "broker-process", data, _port.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var said = (_process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"the broker on {data} did not start")).Split(' ');
        _port = int.Parse(said[0], CultureInfo.InvariantCulture);
        return TimeSpan.FromMilliseconds(double.Parse(said[1], CultureInfo.InvariantCulture));
    }

    /// <summary>A clean stop: its input ends.</summary>
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
