using Cdp.DeliveryEngine;
using Cdp.Fanout.Api;
using Cdp.Fanout.Configuration;
using Cdp.Fanout.History;
using Cdp.Fanout.Resending;
using Cdp.Fanout.Streams;
using Cdp.Hosting.Api;
using Cdp.Hosting.Configuration;
using Cdp.Hosting.Process;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Schemas;

namespace Cdp.Fanout;

/// <summary>The wiring of the fan-out service: a stream for each destination, and so its own consumer group, and the API for operators.</summary>
public static class FanoutService
{
    public const string Name = "fanout";

    public static ServiceDefinition Service { get; } = new(Name, 8093, builder => builder.AddFanout(), app => app.MapFanoutApi());

    public static void AddFanout(this WebApplicationBuilder builder)
    {
        var options = builder.AddOptionsRecord<FanoutOptions>(options => options.Errors());
        var folder = Path.Combine(builder.Environment.ContentRootPath, options.Destinations);
        var files = builder.AddLiveFiles("destinations", [folder], errors => DestinationFiles.Read(folder, Environment.GetEnvironmentVariable, errors));
        builder.AddDeliveryLog();
        builder.Services.AddSingleton(services => new DestinationStreams(
            files,
            destination => Stream(services, options.Kafka, destination),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<DestinationStreams>>()));
        builder.Services.AddSingleton<IHostedService>(services => services.GetRequiredService<DestinationStreams>());
        builder.AddApi(options);
    }

    private static DeliveryStream Stream(IServiceProvider services, KafkaOptions kafka, ConfiguredDestination destination)
    {
        var time = services.GetRequiredService<TimeProvider>();
        return Deliveries.Create(
            services, kafka, Name, destination.Settings, destination.Router, () => destination.Create(time), destination.Start, destination.Linger);
    }

    private static void AddApi(this WebApplicationBuilder builder, FanoutOptions options)
    {
        builder.AddApiTokens(options.Api);
        builder.Services.AddSingleton(options.Kafka);
        builder.Services.AddSingleton(_ => options.Kafka.Registry());
        builder.Services.AddSingleton(services => new AvroCodec(services.GetRequiredService<SchemaRegistry>(), options.Kafka.TopicPrefix));
        builder.Services.AddSingleton(services => new RequestWriter(
            options.Kafka,
            services.GetRequiredService<AvroCodec>(),
            error => services.GetRequiredService<Failure>().Report("the writer of delivery requests", error)));
        builder.Services.AddSingleton<PageReader>();
        builder.Services.AddSingleton<DeliveryLookup>();
        builder.Services.AddSingleton<Resender>();
        builder.Services.AddSingleton<Operations>();
    }
}
