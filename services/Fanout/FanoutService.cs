using Cdp.Contracts;
using Cdp.Destinations;
using Cdp.Fanout.Configuration;
using Cdp.Fanout.Delivering;
using Cdp.Hosting.Configuration;
using Cdp.Hosting.Process;
using Cdp.Streaming.Consuming;
using Cdp.Streaming.Observability;

namespace Cdp.Fanout;

/// <summary>The wiring of the fan-out service. Each destination has its own stream, and so its own consumer group.</summary>
public static class FanoutService
{
    public const string Name = "fanout";

    // Small, because a batch is committed only when its slowest delivery has ended.
    private const int MaxRecords = 500;

    public static ServiceDefinition Service { get; } = new(Name, 8093, builder => builder.AddFanout(), app => app.MapFanout()) { HasApi = false };

    public static void AddFanout(this WebApplicationBuilder builder)
    {
        var options = builder.AddOptionsRecord<FanoutOptions>(options => options.Errors());
        var errors = new List<string>();
        var folder = Path.Combine(builder.Environment.ContentRootPath, options.Destinations);
        var destinations = DestinationFiles.Read(folder, Environment.GetEnvironmentVariable, errors);
        builder.AddConfigurationErrors(errors);
        builder.Services.AddSingleton(destinations);
        builder.Services.AddSingleton<FanoutLog>();
        foreach (var destination in destinations)
        {
            builder.AddStream(options.Kafka, CreateStream(destination), services => CreateProcessor(services, destination));
        }
    }

    /// <summary>Without destinations nothing else would report the service as ready.</summary>
    public static void MapFanout(this WebApplication app)
    {
        if (app.Services.GetRequiredService<IReadOnlyList<Destination>>().Count > 0) return;
        app.Services.GetRequiredService<Readiness>().Report("destinations", true, "none is configured");
    }

    private static StreamOptions CreateStream(Destination destination) => new()
    {
        Service = Name,
        Group = $"{Name}-{destination.Id}",
        Inputs = [Topics.EventsIdentified],
        Outputs = [Topics.Deliveries, Topics.DeliveriesDead, Topics.Dead],
        MaxRecords = MaxRecords,
    };

    private static FanoutProcessor CreateProcessor(IServiceProvider services, Destination destination)
    {
        var time = services.GetRequiredService<TimeProvider>();
        var webhook = new Webhook(destination.Webhook, Webhook.CreateClient(destination.Concurrency), time);
        var retrier = new DeliveryRetrier(destination, webhook, new RetryDelays(), time, services.GetRequiredService<FanoutLog>());
        return new FanoutProcessor(destination, retrier);
    }
}
