using Cdp.Hosting.Process;
using Cdp.Streaming.Observability;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cdp.Integration.Stack;

/// <summary>A service that a test started in this process.</summary>
public sealed class RunningService(string name, WebApplication app)
{
    private bool _isStopped;

    public string Url => app.Urls.First();

    /// <summary>The URL for health and metrics.</summary>
    public string ManagementUrl => app.Urls.Last();

    public int ExitCode => app.Services.GetRequiredService<Failure>().ExitCode;

    /// <summary>What its parts that are not ready wait for.</summary>
    public IEnumerable<string> Waits => app.Services.GetRequiredService<Readiness>().Parts.Values.Where(part => !part.Ready).Select(part => part.Detail);

    /// <summary>Stops it as SIGTERM does.</summary>
    public async Task StopAsync()
    {
        if (_isStopped) return;
        _isStopped = true;
        await app.StopAsync();
        await app.DisposeAsync();
    }

    internal async Task UntilReadyAsync()
    {
        var readiness = app.Services.GetRequiredService<Readiness>();
        await Eventually.TrueAsync(() =>
        {
            if (ExitCode != 0) Assert.Fail($"{name} failed while starting");
            return readiness.IsReady;
        }, $"{name} is ready");
    }
}
