using Cdp.Contracts;
using Cdp.Hosting;
using Cdp.Identifiers;
using Cdp.Profiles.Answering;
using Cdp.Profiles.History;
using Cdp.Profiles.Splitting;
using Cdp.Profiles.Storing;
using Cdp.Streaming;
using Confluent.Kafka;
using Confluent.SchemaRegistry;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Cdp.Profiles;

/// <summary>The wiring: one loop, and the profile API.</summary>
public static class ProfilesService
{
    public static ServiceDefinition Service { get; } = new("profiles", 8090, builder => builder.AddProfiles(), app => app.MapProfileApi());

    public static void AddProfiles(this WebApplicationBuilder builder)
    {
        var options = builder.AddProfileState();
        builder.AddApiTokens(options.Api);
        builder.AddIdentifierTypes(options.IdentityConfig);
        builder.Services.AddSingleton(services => new ProfileLookup(
            services.GetRequiredService<Generations>(), services.GetRequiredService<AvroCodec>(), services.GetRequiredService<ProfileIds>(), options.Kafka.Partitions));
        builder.Services.AddSingleton(services => new SplitStore(services.GetRequiredService<IConnectionMultiplexer>(), new HotState(options.Redis.KeyPrefix), options.Redis.KeyPrefix));
        builder.Services.AddSingleton(services => new SplitJobs(
            options.Kafka, Stream, services.GetRequiredService<AvroCodec>(), services.GetRequiredService<Generations>(), services.GetRequiredService<SplitStore>(),
            services.GetRequiredService<ProfileIds>(), services.GetRequiredService<ILogger<SplitJobs>>()));
        builder.Services.AddSingleton(services => new ProfilePast(new EventHistory(options.Kafka, services.GetRequiredService<AvroCodec>()), services.GetRequiredService<ProfileIds>()));
        builder.AddStream(options.Kafka, Stream, services => new ProfilesProcessor(
            options.Kafka, services.GetRequiredService<AvroCodec>(), services.GetRequiredService<Generations>(),
            services.GetRequiredService<SplitStore>(), services.GetRequiredService<SplitJobs>(), services.GetRequiredService<ProfileIds>(), services.GetRequiredService<ILogger<ProfilesProcessor>>()));
    }

    /// <summary>What the service and a rebuild have in common.</summary>
    internal static ProfilesOptions AddProfileState(this WebApplicationBuilder builder)
    {
        var options = builder.AddOptionsRecord<ProfilesOptions>(options => options.Errors());
        builder.AddRedis(options.Redis);
        builder.Services.AddSingleton(options.Kafka.Registry());
        builder.Services.AddSingleton(services => new AvroCodec(services.GetRequiredService<ISchemaRegistryClient>(), options.Kafka.TopicPrefix));
        builder.Services.AddSingleton(services => new Generations(services.GetRequiredService<IConnectionMultiplexer>(), new HotState(options.Redis.KeyPrefix)));
        builder.Services.AddSingleton(new ProfileIds(options.ProfileIds.Key));
        return options;
    }

    /// <summary>The consumer group of the loop, without the topic prefix.</summary>
    internal const string Group = "profiles";

    /// <summary>The one loop.</summary>
    public static StreamOptions Stream { get; } = new()
    {
        Service = "profiles",
        Group = Group,
        Inputs = [Topics.EventsIdentified, Topics.ProfilesTransfers],
        Outputs = [Topics.Profiles, Topics.ProfilesTransfers, Topics.Dead],
        CoPartitioned = true,
    };
}
