using Avro;
using Cdp.Contracts;
using Cdp.Hosting.Configuration;
using Cdp.Hosting.HotState;
using Cdp.Hosting.Process;
using Cdp.Profiles.Rebuilding;
using Cdp.Profiles.State;
using Cdp.Profiles.Storing;
using Cdp.Streaming.Admin;
using Cdp.Streaming.Failures;
using Cdp.Streaming.Schemas;
using Confluent.Kafka;
using StackExchange.Redis;

namespace Cdp.Profiles;

/// <summary>
/// The command line of rebuilds: <c>--rebuild</c>, <c>--rebuild=switch</c>, <c>--rebuild=rollback</c> and <c>--rebuild=cleanup</c>, together with the options
/// of the service. The former names <c>back</c> and <c>forget</c> are still accepted.
/// </summary>
public static class RebuildCommand
{
    private const string Option = "--rebuild";
    private const string Usage = "--rebuild builds and compares, --rebuild=switch puts the new generation in use, "
        + "--rebuild=rollback returns to the previous generation, --rebuild=cleanup deletes generations that are not in use";

    public static bool IsAsked(string[] args) => args.Any(IsOption);

    /// <returns>
    /// The exit code: 0 if all profiles are equal or the command succeeded, 1 if profiles are different or the command failed, 2 if the command line or the
    /// configuration is invalid.
    /// </returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors, CancellationToken stopping)
    {
        string[] asked = [.. args.Where(IsOption).Select(arg => arg == Option ? "check" : arg[(Option.Length + 1)..])];
        if (asked is not [("check" or "switch" or "rollback" or "back" or "cleanup" or "forget") and var command])
        {
            await errors.WriteLineAsync($"profiles: {string.Join(' ', args.Where(IsOption))} is not valid; {Usage}");
            return 2;
        }
        try
        {
            var service = new ServiceDefinition("profiles", 0, builder => builder.AddRebuild(output));
            await using var app = CdpHost.Build(service, [.. args.Where(arg => !IsOption(arg))]);
            // In an installation without any decision, the topics of identity may not exist yet.
            Topic[] topics = [Topics.IdentityDecisions, Topics.EventsIdentified, Topics.Profiles];
            var warnings = await TopicAdmin.EnsureAsync(app.Services.GetRequiredService<ProfilesOptions>().Kafka, topics);
            foreach (var warning in warnings) await errors.WriteLineAsync($"profiles: {warning}");
            return await RunAsync(app.Services.GetRequiredService<Rebuild>(), command, stopping) ? 0 : 1;
        }
        catch (ConfigurationException e)
        {
            foreach (var error in e.Errors) await errors.WriteLineAsync($"profiles: {error}");
            return 2;
        }
        catch (Exception e) when (IsExpected(e))
        {
            await errors.WriteLineAsync($"profiles: {e.Message}");
            return 1;
        }
    }

    private static async Task<bool> RunAsync(Rebuild rebuild, string command, CancellationToken stopping)
    {
        switch (command)
        {
            case "check": return await rebuild.CheckAsync(stopping);
            case "switch": return await rebuild.SwitchAsync(stopping);
            case "rollback" or "back":
                await rebuild.RollbackAsync(stopping);
                return true;
            default:
                await rebuild.CleanupAsync();
                return true;
        }
    }

    private static bool IsExpected(Exception e) => Redis.IsOutage(e)
        || e is RebuildException or ForeignStateException or IOException
        || e is KafkaException or TopicSettingsException or AvroException or SchemaUnavailableException;

    private static void AddRebuild(this WebApplicationBuilder builder, TextWriter output)
    {
        var options = builder.AddProfileState();
        builder.Services.AddSingleton(services => new Rebuild(
            options.Kafka,
            services.GetRequiredService<AvroCodec>(),
            services.GetRequiredService<Folding>(),
            services.GetRequiredService<IConnectionMultiplexer>(),
            new HotStateKeys(options.Redis.KeyPrefix),
            services.GetRequiredService<Generations>(),
            output));
    }

    private static bool IsOption(string arg) => arg == Option || arg.StartsWith($"{Option}=", StringComparison.Ordinal);
}
