using Cdp.Contracts;
using Cdp.Hosting;
using Cdp.Streaming;
using Cdp.Validation.Duplicates;
using Cdp.Validation.Plans;
using StackExchange.Redis;

namespace Cdp.Validation;

/// <summary>The wiring of the validation service.</summary>
public static class ValidationService
{
    public const string Name = "validation";

    public static ServiceDefinition Service { get; } = new(Name, 8091, builder => builder.AddValidation());

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
            return new ValidationProcessor(plans, claims, new LostClaims(options.Kafka, codec, claims), codec);
        });
    }
}
