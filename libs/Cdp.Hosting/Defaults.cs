using System.Text.Encodings.Web;
using System.Text.Json;
using Cdp.Streaming;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Cdp.Hosting;

/// <summary>Health, telemetry and logging, the same in every service.</summary>
public static class Defaults
{
    /// <summary>Readiness, the exit code, OpenTelemetry (OTLP where OTEL_EXPORTER_OTLP_ENDPOINT is set), and logs that are silent in normal operation.</summary>
    public static void AddCdpDefaults(this WebApplicationBuilder builder, ServiceDefinition service)
    {
        builder.Services.AddSingleton<Readiness>();
        builder.Services.AddSingleton<Failure>();
        builder.Services.TryAddSingleton(TimeProvider.System);

        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
            console.UseUtcTimestamp = true;
        });
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Polly", LogLevel.Warning).AddFilter("System.Net.Http", LogLevel.Warning);

        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(service.Name, "cdp"))
            .WithMetrics(metrics => metrics.AddMeter(Telemetry.Name, $"Cdp.{service.Name}").AddAspNetCoreInstrumentation().AddRuntimeInstrumentation().AddPrometheusExporter());
        if (builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 })
        {
            telemetry.WithTracing(tracing => tracing.AddSource(Telemetry.Name).AddAspNetCoreInstrumentation().AddHttpClientInstrumentation()).UseOtlpExporter();
        }
    }

    /// <summary>GET /health/live (never asks a broker), /health/ready (what the process waits for), /metrics (Prometheus).</summary>
    public static void MapCdpDefaults(this WebApplication app)
    {
        app.MapGet("/health/live", () => Results.Ok());
        app.MapGet("/health/ready", (Readiness readiness) => Results.Text(Describe(readiness), "application/json", statusCode: readiness.IsReady ? 200 : 503));
        app.MapPrometheusScrapingEndpoint();
    }

    // Details name files and values in quotes.
    private static readonly JsonSerializerOptions ForPeople = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string Describe(Readiness readiness) => JsonSerializer.Serialize(new
    {
        ready = readiness.IsReady,
        parts = readiness.Parts.OrderBy(part => part.Key, StringComparer.Ordinal).ToDictionary(part => part.Key, part => new { ready = part.Value.Ready, detail = part.Value.Detail }),
    }, ForPeople);
}
