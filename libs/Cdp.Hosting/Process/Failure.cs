using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cdp.Hosting.Process;

/// <summary>Stops the process with a non-zero exit code after a failure that only a restart repairs.</summary>
public sealed partial class Failure(IHostApplicationLifetime lifetime, IServiceProvider services, ILogger<Failure> logger)
{
    private int _exitCode;

    /// <summary>1 if a failure was reported, else 0.</summary>
    public int ExitCode => _exitCode;

    /// <summary>Reports a failure and stops the process. Ignored if the host was disposed without a stop, which makes parts fail.</summary>
    public void Report(string part, Exception exception)
    {
        if (IsHostDisposed()) return;
        Interlocked.Exchange(ref _exitCode, 1);
        LogFailed(part, exception);
        lifetime.StopApplication();
    }

    // The container has no other way to find out.
    private bool IsHostDisposed()
    {
        try
        {
            services.GetService(typeof(IHostApplicationLifetime));
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    [LoggerMessage(LogLevel.Critical, "{Part} failed; the process stops and must be restarted")]
    private partial void LogFailed(string part, Exception exception);
}
