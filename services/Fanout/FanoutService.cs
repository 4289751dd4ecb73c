using Cdp.DeliveryEngine;
using Cdp.Fanout.Configuration;
using Cdp.Hosting.Configuration;
using Cdp.Hosting.Process;
using Cdp.Streaming.Observability;

namespace Cdp.Fanout;

/// <summary>The wiring of the fan-out service. Each destination has its own stream, and so its own consumer group.</summary>
public static class FanoutService
{
    public const string Name = "fanout";

    public static ServiceDefinition Service { get; } = new(Name, 8093, builder => builder.AddFanout(), app => app.MapFanout()) { HasApi = false };

    public static void AddFanout(this WebApplicationBuilder builder)
    {
        var options = builder.AddOptionsRecord<FanoutOptions>(options => options.Errors());
        var errors = new List<string>();
        var folder = Path.Combine(builder.Environment.ContentRootPath, options.Destinations);
        var destinations = DestinationFiles.Read(folder, Environment.GetEnvironmentVariable, errors);
        builder.AddConfigurationErrors(errors);
        builder.Services.AddSingleton(destinations);
        foreach (var destination in destinations)
        {
            builder.AddDeliveries(
                options.Kafka,
                Name,
                destination.Settings,
                destination.Router,
                services => destination.Create(services.GetRequiredService<TimeProvider>()),
                destination.Start,
                destination.Linger);
        }
    }

    /// <summary>Without destinations nothing else would report the service as ready.</summary>
    public static void MapFanout(this WebApplication app)
    {
        if (app.Services.GetRequiredService<IReadOnlyList<ConfiguredDestination>>().Count > 0) return;
        app.Services.GetRequiredService<Readiness>().Report("destinations", true, "none is configured");
    }
}
