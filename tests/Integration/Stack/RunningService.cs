using Cdp.Hosting;
using Cdp.Streaming;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cdp.Integration.Stack;

/// <summary>A service that a test has started in this process.</summary>
public sealed class RunningService(string name, WebApplication app)
{
    private bool _isStopped;

    public string Url => app.Urls.First();

    public int ExitCode => app.Services.GetRequiredService<Failure>().ExitCode;

    /// <summary>Stops it as SIGTERM would.</summary>
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
