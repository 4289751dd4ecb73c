using System.Diagnostics;
using System.Globalization;
using StackExchange.Redis;

namespace Cdp.Testing;

/// <summary>
/// Debian's redis-server on a free port, in its own folder. It persists data only on SAVE, so that after a kill it comes back with its last saved data, or with
/// none. If redis-server is not installed, a test that needs it is skipped; in CI it fails.
/// </summary>
public sealed class RedisServer : IAsyncDisposable
{
    private static readonly TimeSpan StartBound = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly TemporaryDirectory _folder = new();
    private readonly int _port = FreePort.FindForRestarts();
    private Process? _process;

    private RedisServer() { }

    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");

    public static async Task<RedisServer> StartAsync()
    {
        var server = new RedisServer();
        await server.ResumeAsync();
        return server;
    }

    /// <summary>Restarts it after <see cref="Kill"/>, on the same port.</summary>
    public async Task ResumeAsync()
    {
        var program = Tool.Require("redis-server", "redis-server");
        string[] options =
        [
            "--bind", "127.0.0.1", "--port", _port.ToString(CultureInfo.InvariantCulture), "--save", "", "--appendonly", "no", "--dir", _folder.Path,
            "--logfile", "redis.log",
        ];
        _process = Process.Start(new ProcessStartInfo(program, options))!;
        for (var started = Stopwatch.GetTimestamp(); !await AnswersAsync(); await Task.Delay(Pause))
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(started) > StartBound)
            {
                throw new InvalidOperationException($"redis-server did not start: {await File.ReadAllTextAsync(_folder.Combine("redis.log"))}");
            }
        }
    }

    /// <summary>A connection that may run administrative commands.</summary>
    public Task<ConnectionMultiplexer> ConnectAsync() => ConnectionMultiplexer.ConnectAsync($"{Endpoint},allowAdmin=true");

    /// <summary>SIGKILL: everything not saved is lost.</summary>
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
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await using var redis = await ConnectAsync();
            return (await redis.GetDatabase().ExecuteAsync("PING")).ToString() == "PONG";
        }
        catch (RedisException)
        {
            return false;
        }
    }
}
