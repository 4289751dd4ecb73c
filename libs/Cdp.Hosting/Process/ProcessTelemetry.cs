using System.Diagnostics;
using Cdp.Streaming.Observability;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Cdp.Hosting.Process;

/// <summary>
/// OpenTelemetry, set up once per process: a provider receives all metrics and traces of the process, whichever of its services they come from. If several
/// services share a process, the attribute <c>cdp.service</c> tells them apart.
/// </summary>
public static class ProcessTelemetry
{
    /// <summary>The attribute with the name of the service, in a process that hosts several.</summary>
    public const string ServiceAttribute = "cdp.service";

    /// <summary>Adds metrics for <c>/metrics</c>. If OTEL_EXPORTER_OTLP_ENDPOINT is set, metrics and traces are sent there as well.</summary>
    /// <param name="builder">The builder of the one host of the process that exports telemetry.</param>
    /// <param name="name">The value of the resource attribute service.name.</param>
    /// <param name="services">The names of the services in the process.</param>
    /// <param name="tracing">Adds further exporters of traces; null for none.</param>
    public static void AddProcessTelemetry(
        this IHostApplicationBuilder builder, string name, IEnumerable<string> services, Action<TracerProviderBuilder>? tracing = null)
    {
        string[] meters = [Telemetry.Name, .. services.Select(service => $"Cdp.{service}")];
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(name, "cdp"))
            .WithMetrics(metrics => metrics.AddMeter(meters).AddAspNetCoreInstrumentation().AddRuntimeInstrumentation().AddPrometheusExporter());
        var isSent = builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 };
        if (isSent || tracing is not null)
        {
            telemetry.WithTracing(traces =>
            {
                traces.AddSource(Telemetry.Name).AddAspNetCoreInstrumentation().AddHttpClientInstrumentation().AddProcessor(new ServiceTagger());
                tracing?.Invoke(traces);
            });
        }
        if (isSent) telemetry.UseOtlpExporter();
    }

    /// <summary>Adds the name of the service to the spans and metrics of its requests, in a process that hosts several services.</summary>
    internal static void UseServiceAttribute(this IApplicationBuilder app, string service) => app.Use((context, next) =>
    {
        ServiceScope.Current = service;
        context.Features.Get<IHttpActivityFeature>()?.Activity.SetTag(ServiceAttribute, service);
        context.Features.Get<IHttpMetricsTagsFeature>()?.Tags.Add(new(ServiceAttribute, service));
        return next(context);
    });

    private sealed class ServiceTagger : BaseProcessor<Activity>
    {
        public override void OnStart(Activity data)
        {
            if (ServiceScope.Current is { } service) data.SetTag(ServiceAttribute, service);
        }
    }
}
