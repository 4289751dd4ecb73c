using System.Diagnostics;
using StackExchange.Redis;

namespace Cdp.Profiles.Tests.Restoring;

/// <summary>A redis-server of a test's own, that may be killed and come back with what its file holds.</summary>
internal sealed class RedisProcess : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cdp-redis").FullName;
    private readonly int _port = Stack.FreePort();
    private Process? _process;

    public string Endpoint => $"127.0.0.1:{_port}";

    public async Task StartAsync()
    {
        _process = Process.Start(new ProcessStartInfo("redis-server", ["--port", $"{_port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", _directory]) { RedirectStandardOutput = true })!;
        _process.BeginOutputReadLine();
        await Eventually.Async(async () =>
        {
            await using var connection = await ConnectAsync();
            return connection.IsConnected;
        });
    }

    public Task<ConnectionMultiplexer> ConnectAsync() => ConnectionMultiplexer.ConnectAsync($"{Endpoint},allowAdmin=true");

    public void Kill()
    {
        _process?.Kill();
        _process?.WaitForExit();
        _process?.Dispose();
        _process = null;
    }

    public ValueTask DisposeAsync()
    {
        Kill();
        Directory.Delete(_directory, recursive: true);
        return ValueTask.CompletedTask;
    }
}
