using Microsoft.Extensions.Logging;

namespace Cdp.Local;

/// <summary>Everything of one machine: the infrastructure and, unless told otherwise, the services on it.</summary>
public sealed class LocalStack : IAsyncDisposable
{
    private static readonly TimeSpan ReadyBound = TimeSpan.FromSeconds(30);

    private readonly ILoggerFactory _loggers;

    private LocalStack(ILoggerFactory loggers, LocalInfra infra, LocalServices? services, Secrets secrets)
    {
        _loggers = loggers;
        Infra = infra;
        Services = services;
        Secrets = secrets;
    }

    public LocalInfra Infra { get; }

    public LocalServices? Services { get; }

    public Secrets Secrets { get; }

    /// <summary>Starts broker, registry and Redis, then the services, and waits until these are ready.</summary>
    public static async Task<LocalStack> StartAsync(LocalOptions options)
    {
        if (!options.IsInfraOnly && !Directory.Exists(options.ConfigDirectory)) throw new StartException($"--config {Path.GetFullPath(options.ConfigDirectory)} does not exist; name the folder with sources/, tracking-plans/ and destinations/");
        var secrets = Secrets.Open(options.DataDirectory);
        // Garnet's argument parser warns of settings that it ignores because it is given loggers.
        var loggers = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Warning).AddFilter("ArgParser", LogLevel.Error).AddSimpleConsole(console => console.SingleLine = true));
        LocalInfra? infra = null;
        try
        {
            infra = await LocalInfra.StartAsync(options, loggers);
            var services = options.IsInfraOnly ? null : await LocalServices.StartAsync(options, secrets, infra);
            if (services is not null) await UntilReadyAsync(services);
            return new LocalStack(loggers, infra, services, secrets);
        }
        catch
        {
            if (infra is not null) await infra.DisposeAsync();
            loggers.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Services is not null) await Services.DisposeAsync();
        await Infra.DisposeAsync();
        _loggers.Dispose();
    }

    private static async Task UntilReadyAsync(LocalServices services)
    {
        for (var deadline = DateTime.UtcNow + ReadyBound; !services.IsReady; await Task.Delay(20))
        {
            if (services.ExitCode == 0 && DateTime.UtcNow < deadline) continue;
            var waiting = string.Join("; ", services.Waiting);
            await services.DisposeAsync();
            throw new StartException(services.ExitCode != 0 ? "a service failed while starting, see above" : $"not ready after {ReadyBound.TotalSeconds} s, waiting for {waiting}");
        }
    }
}
