using Cdp.Contracts;
using Cdp.Hosting.Configuration;
using Cdp.Hosting.HotState;
using Cdp.Hosting.Process;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Consuming;
using Cdp.Streaming.Schemas;
using Cdp.Validation.Duplicates;
using Cdp.Validation.Plans;
using StackExchange.Redis;

namespace Cdp.Validation;

/// <summary>Wires up the validation service.</summary>
public static class ValidationService
{
    public const string Name = "validation";

    public static ServiceDefinition Service { get; } = new(Name, 8091, builder => builder.AddValidation()) { HasApi = false };

    public static void AddValidation(this WebApplicationBuilder builder)
    {
        var options = builder.AddOptionsRecord<ValidationOptions>(options => options.Errors());
        var errors = new List<string>();
        var plans = PlanFiles.Read(Path.Combine(builder.Environment.ContentRootPath, options.TrackingPlans), errors);
        builder.AddConfigurationErrors(errors);
        builder.AddRedis(options.Redis);

        var stream = new StreamOptions
        {
            Service = Name,
            Group = Name,
            Inputs = [Topics.EventsCollected],
            Outputs = [Topics.EventsValidated, Topics.EventsQuarantined, Topics.Dead],
        };
        builder.AddStream(options.Kafka, stream, services =>
        {
            var claims = new Claims(services.GetRequiredService<IConnectionMultiplexer>(), options.Redis.KeyPrefix, options.DuplicateWindow);
            var codec = new AvroCodec(options.Kafka.Registry(), options.Kafka.TopicPrefix);
            var duplicates = new DuplicateFilter(claims, new CollectedLog(options.Kafka, codec), services.GetRequiredService<ILogger<DuplicateFilter>>());
            return new ValidationProcessor(plans, duplicates, codec);
        });
    }
}
