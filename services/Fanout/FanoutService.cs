using Cdp.Contracts;
using Cdp.Destinations;
using Cdp.Fanout.Configuration;
using Cdp.Fanout.Delivering;
using Cdp.Hosting;
using Cdp.Streaming;

namespace Cdp.Fanout;

/// <summary>The wiring of the fan-out service: a stream, and so a consumer group, for each destination.</summary>
public static class FanoutService
{
    public const string Name = "fanout";

    /// <summary>Small, because a batch is committed when its slowest delivery has ended.</summary>
    private const int MaxRecords = 500;

    public static ServiceDefinition Service { get; } = new(Name, 8093, builder => builder.AddFanout(), app => app.MapFanout());

    public static void AddFanout(this WebApplicationBuilder builder)
    {
        var options = builder.AddOptionsRecord<FanoutOptions>(options => options.Errors());
        var errors = new List<string>();
        var destinations = DestinationFiles.Read(Path.Combine(builder.Environment.ContentRootPath, options.Destinations), Environment.GetEnvironmentVariable, errors);
        builder.AddConfigurationErrors(errors);
        builder.Services.AddSingleton(destinations);
        builder.Services.AddSingleton<FanoutLog>();
        foreach (var destination in destinations) builder.AddStream(options.Kafka, Stream(destination), services => Processor(services, destination));
    }

    /// <summary>A service without destinations waits for nothing, and says so.</summary>
    public static void MapFanout(this WebApplication app)
    {
        if (app.Services.GetRequiredService<IReadOnlyList<Destination>>().Count == 0) app.Services.GetRequiredService<Readiness>().Report("destinations", true, "none is configured");
    }

    private static StreamOptions Stream(Destination destination) => new()
    {
        Service = Name,
        Group = $"{Name}-{destination.Id}",
        Inputs = [Topics.EventsIdentified],
        Outputs = [Topics.Deliveries, Topics.DeliveriesDead, Topics.Dead],
        MaxRecords = MaxRecords,
    };

    private static FanoutProcessor Processor(IServiceProvider services, Destination destination)
    {
        var time = services.GetRequiredService<TimeProvider>();
        var webhook = new Webhook(destination.Webhook, Webhook.CreateClient(destination.Concurrency), time);
        return new FanoutProcessor(destination, new Courier(destination, webhook, new RetryTimes(), time, services.GetRequiredService<FanoutLog>()));
    }
}
