using Cdp.Hosting.Configuration;
using Cdp.Streaming.Observability;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Cdp.Hosting.Process;

/// <summary>The listeners, health endpoints, telemetry and logging that every service has.</summary>
public static class Defaults
{
    /// <summary>Adds listeners, readiness, the exit code, telemetry, and logs that are silent in normal operation.</summary>
    /// <param name="builder">The builder of the host.</param>
    /// <param name="service">The service.</param>
    /// <param name="isShared">Whether the process hosts other services too, and has its own management and telemetry.</param>
    internal static void AddCdpDefaults(this WebApplicationBuilder builder, ServiceDefinition service, bool isShared)
    {
        var listeners = builder.AddOptionsRecord<ListenerOptions>(options => options.Errors(service));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            if (service.HasApi || isShared) kestrel.Listen(listeners.Api(service));
            if (!isShared) kestrel.Listen(listeners.ManagementEndPoint(service), listen => listen.UseManagement());
        });
        builder.Services.AddSingleton<Readiness>();
        builder.Services.AddSingleton<Failure>();
        builder.Services.TryAddSingleton(TimeProvider.System);

        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
            console.UseUtcTimestamp = true;
        });
        foreach (var category in new[] { "Microsoft", "Polly", "System.Net.Http" }) builder.Logging.AddFilter(category, LogLevel.Warning);
        if (!isShared) builder.AddProcessTelemetry(service.Name, [service.Name]);
    }

    /// <summary>Maps management on its own port, and the bare health status on the port of the API.</summary>
    internal static void MapCdpDefaults(this WebApplication app, ServiceDefinition service, bool isShared)
    {
        if (isShared) app.UseServiceAttribute(service.Name);
        else app.MapManagement(("", app.Services.GetRequiredService<Readiness>()));
        // Must come after management, whose requests must not reach the endpoints of the API.
        app.UseRouting();
        app.MapBareHealth();
    }
}
