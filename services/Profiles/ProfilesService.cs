using Cdp.Contracts;
using Cdp.Hosting.Api;
using Cdp.Hosting.Configuration;
using Cdp.Hosting.HotState;
using Cdp.Hosting.Process;
using Cdp.Identifiers.Configuration;
using Cdp.Profiles.Api;
using Cdp.Profiles.History;
using Cdp.Profiles.Splitting.Jobs;
using Cdp.Profiles.State;
using Cdp.Profiles.Storing;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Observability;
using Cdp.Streaming.Schemas;
using StackExchange.Redis;

namespace Cdp.Profiles;

/// <summary>The wiring of the service: one loop and the profile API.</summary>
public static class ProfilesService
{
    public static ServiceDefinition Service { get; } = new("profiles", 8090, builder => builder.AddProfiles(), app => app.MapProfileApi());

    public static void AddProfiles(this WebApplicationBuilder builder)
    {
        var options = builder.AddProfileState();
        builder.AddApiTokens(options.Api);
        builder.Services.AddSingleton(services => new ProfileLookup(
            services.GetRequiredService<Generations>(),
            services.GetRequiredService<AvroCodec>(),
            services.GetRequiredService<Folding>(),
            options.Kafka.Partitions));
        builder.Services.AddSingleton(services => new PastProfiles(
            new EventHistory(options.Kafka, services.GetRequiredService<AvroCodec>()), services.GetRequiredService<Folding>()));
        builder.Services.AddSingleton(services => new SplitStore(
            services.GetRequiredService<IConnectionMultiplexer>(), new HotStateKeys(options.Redis.KeyPrefix), options.Redis.KeyPrefix));
        builder.Services.AddSingleton(services => new SplitJobs(
            options.Kafka,
            services.GetRequiredService<AvroCodec>(),
            services.GetRequiredService<Generations>(),
            services.GetRequiredService<SplitStore>(),
            services.GetRequiredService<Folding>(),
            services.GetRequiredService<Readiness>(),
            services.GetRequiredService<ILogger<SplitJobs>>(),
            services.GetService<SplitRetries>()));
        builder.AddStream(options.Kafka, ProfilesLoop.Options, services => new ProfilesProcessor(
            options.Kafka,
            services.GetRequiredService<AvroCodec>(),
            services.GetRequiredService<Generations>(),
            services.GetRequiredService<SplitStore>(),
            services.GetRequiredService<SplitJobs>(),
            services.GetRequiredService<Folding>(),
            services.GetRequiredService<ILogger<ProfilesProcessor>>()));
    }

    /// <summary>Adds what the service and a rebuild share: the options, and access to Redis, the schema registry and the stored profiles.</summary>
    internal static ProfilesOptions AddProfileState(this WebApplicationBuilder builder)
    {
        var options = builder.AddOptionsRecord<ProfilesOptions>(options => options.Errors());
        builder.AddRedis(options.Redis);
        builder.Services.AddSingleton(_ => options.Kafka.Registry());
        builder.Services.AddSingleton(services => new AvroCodec(services.GetRequiredService<SchemaRegistry>(), options.Kafka.TopicPrefix));
        builder.Services.AddSingleton(services => new Generations(
            services.GetRequiredService<IConnectionMultiplexer>(), new HotStateKeys(options.Redis.KeyPrefix)));
        var types = builder.AddIdentifierTypes(options.IdentityConfig);
        builder.Services.AddSingleton(new Folding(new ProfileIds(options.ProfileIds.Key), Bounds.Default, types.Current.Blocked));
        return options;
    }
}
