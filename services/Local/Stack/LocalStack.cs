using Cdp.Local.Settings;

namespace Cdp.Local.Stack;

/// <summary>Everything on one machine: the infrastructure and, unless only the infrastructure is requested, the services.</summary>
public sealed class LocalStack : IAsyncDisposable
{
    private static readonly TimeSpan ReadyBound = TimeSpan.FromSeconds(60);

    private readonly ILoggerFactory _loggers;

    private LocalStack(ILoggerFactory loggers, LocalInfra infra, LocalServices? services, Secrets secrets)
    {
        _loggers = loggers;
        Infra = infra;
        Services = services;
        Secrets = secrets;
    }

    public LocalInfra Infra { get; }

    /// <summary>The services; null if only the infrastructure runs.</summary>
    public LocalServices? Services { get; }

    public Secrets Secrets { get; }

    /// <summary>Starts broker, registry and Redis, then the services, and waits until all are ready.</summary>
    /// <param name="options">Ports, host, folders, and what to start.</param>
    /// <param name="report">Called when a part has started.</param>
    /// <exception cref="StartException">A port is taken, a folder is missing or damaged, or a service fails or does not become ready.</exception>
    public static async Task<LocalStack> StartAsync(LocalOptions options, Action<string>? report = null)
    {
        if (!options.IsInfraOnly && !Directory.Exists(options.ConfigDirectory))
        {
            var folder = Path.GetFullPath(options.ConfigDirectory);
            throw new StartException($"--config {folder} does not exist; it must be a folder that has sources/, tracking-plans/ and destinations/ as needed");
        }
        Ports.Check(options);
        var secrets = Secrets.Open(options.DataDirectory);
        var loggers = LoggerFactory.Create(Configure);
        LocalInfra? infra = null;
        try
        {
            infra = await LocalInfra.StartAsync(options, loggers, report);
            var services = options.IsInfraOnly ? null : await LocalServices.StartAsync(options, secrets, infra);
            if (services is not null) await WaitUntilReadyAsync(services, report);
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

    private static void Configure(ILoggingBuilder logging)
    {
        logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole(console => console.SingleLine = true);
        // Garnet's argument parser warns about settings that it ignores because it is given loggers.
        logging.AddFilter("ArgParser", LogLevel.Error);
    }

    private static async Task WaitUntilReadyAsync(LocalServices services, Action<string>? report)
    {
        var reported = new HashSet<string>();
        for (var deadline = DateTime.UtcNow + ReadyBound; ; await Task.Delay(20))
        {
            foreach (var name in services.Ready.Where(reported.Add)) report?.Invoke($"{name} ready");
            if (services.IsReady) return;
            if (services.ExitCode == 0 && DateTime.UtcNow < deadline) continue;
            var (hasFailed, waiting) = (services.ExitCode != 0, string.Join("; ", services.Waiting));
            await services.DisposeAsync();
            throw new StartException(
                hasFailed ? "a service failed to start, see above" : $"not ready after {ReadyBound.TotalSeconds} s, waiting for {waiting}");
        }
    }
}
