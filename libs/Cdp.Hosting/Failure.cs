using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cdp.Hosting;

/// <summary>Stops the process with a non-zero exit code after a failure that only a restart mends: crash before clever recovery.</summary>
public sealed partial class Failure(IHostApplicationLifetime lifetime, ILogger<Failure> logger)
{
    private int _exitCode;

    public int ExitCode => _exitCode;

    public void Report(string part, Exception exception)
    {
        Interlocked.Exchange(ref _exitCode, 1);
        LogFailed(part, exception);
        lifetime.StopApplication();
    }

    [LoggerMessage(LogLevel.Critical, "{Part} failed; the process stops so that it is started again")]
    private partial void LogFailed(string part, Exception exception);
}
