using Cdp.Contracts;
using Cdp.Hosting.Api;
using Cdp.Hosting.Configuration;
using Cdp.Hosting.HotState;
using Cdp.Hosting.Process;
using Cdp.Identifiers.Configuration;
using Cdp.Identity.Api;
using Cdp.Identity.Linking;
using Cdp.Identity.Resolving;
using Cdp.Identity.Storing;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Consuming;
using Cdp.Streaming.Schemas;
using StackExchange.Redis;

namespace Cdp.Identity;

/// <summary>Wires up the service: the resolver, which runs in parallel; the linker, which decides in a single order; and the API.</summary>
public static class IdentityService
{
    public static readonly ServiceDefinition Service = new("identity", 8092, builder => builder.AddIdentity(), app => app.MapIdentity());

    public static void AddIdentity(this WebApplicationBuilder builder)
    {
        var options = builder.AddOptionsRecord<IdentityOptions>(options => options.Errors());
        var types = builder.AddIdentifierTypes(options.IdentityConfig);
        var profileIds = new ProfileIds(options.ProfileIds.Key);
        builder.AddRedis(options.Redis);
        builder.AddApiTokens(options.Api);
        builder.Services.AddSingleton(_ => options.Kafka.Registry());
        builder.Services.AddSingleton(services => new IdentityStore(services.GetRequiredService<IConnectionMultiplexer>(), options.Redis.KeyPrefix));
        builder.Services.AddSingleton(services => new UnlinkOutcomes(services.GetRequiredService<IConnectionMultiplexer>(), options.Redis.KeyPrefix));
        builder.Services.AddSingleton(services => new DecisionReader(options.Kafka, services.GetRequiredService<SchemaRegistry>()));
        builder.Services.AddSingleton(services => new UnmergeRequests(
            options.Kafka,
            services.GetRequiredService<SchemaRegistry>(),
            services.GetRequiredService<IdentityStore>(),
            services.GetRequiredService<UnlinkOutcomes>(),
            services.GetRequiredService<TimeProvider>(),
            error => services.GetRequiredService<Failure>().Report("the producer of unmerge requests", error)));
        builder.Services.AddSingleton(services => new IdentityLookup(
            services.GetRequiredService<IdentityStore>(), services.GetRequiredService<DecisionReader>(), profileIds, types));

        var resolver = new StreamOptions
        {
            Service = Service.Name,
            Group = "identity-resolver",
            Inputs = [Topics.EventsValidated],
            Outputs = [Topics.EventsIdentified, Topics.IdentityRequests, Topics.Dead],
        };
        builder.AddStream(options.Kafka, resolver, services => new ResolverProcessor(
            options.Kafka, services.GetRequiredService<IdentityStore>(), new Resolver(profileIds), types));

        var linker = new StreamOptions
        {
            Service = Service.Name,
            Group = "identity-linker",
            Inputs = [Topics.IdentityRequests],
            Outputs = [Topics.IdentityDecisions, Topics.EventsIdentified, Topics.Dead],
        };
        builder.AddStream(options.Kafka, linker, services => new LinkerProcessor(
            new DecisionLog(options.Kafka, services.GetRequiredService<SchemaRegistry>()),
            services.GetRequiredService<IdentityStore>(),
            services.GetRequiredService<UnlinkOutcomes>(),
            profileIds,
            types));
    }
}
