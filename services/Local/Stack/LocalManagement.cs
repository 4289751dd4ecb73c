using Cdp.Hosting.Process;
using Cdp.Local.Settings;
using Cdp.Streaming.Observability;

namespace Cdp.Local.Stack;

/// <summary>
/// One management listener and one telemetry pipeline for the whole process. If each service had its own, each would report the measurements of all services.
/// </summary>
internal static class LocalManagement
{
    /// <summary>Builds the application without starting it.</summary>
    public static WebApplication Build(LocalOptions options, IReadOnlyDictionary<string, WebApplication> services)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(options.Host, options.ManagementPort, listen => listen.UseManagement()));
        builder.AddProcessTelemetry("cdp-local", services.Keys, options.Tracing);
        var app = builder.Build();
        app.MapManagement([.. services.Select(service => (service.Key, service.Value.Services.GetRequiredService<Readiness>()))]);
        return app;
    }
}
