using Cdp.Contracts;
using Cdp.Hosting;
using Cdp.Profiles.Storing;
using Cdp.Streaming;
using Confluent.Kafka;
using StackExchange.Redis;

namespace Cdp.Profiles.Rebuilding;

/// <summary>The command line: <c>--rebuild</c>, <c>--rebuild=switch</c>, <c>--rebuild=back</c>, <c>--rebuild=forget</c>, beside the options of the service.</summary>
public static class RebuildCommand
{
    private const string Option = "--rebuild";
    private const string Usage = "--rebuild builds and compares, --rebuild=switch puts what was built in use, --rebuild=back goes back to what was in use before, --rebuild=forget deletes what is not in use";

    public static bool IsAsked(string[] args) => args.Any(IsOption);

    /// <returns>The exit code: 0 equal, or done as asked; 1 profiles are different, or it could not be done; 2 the command line or the configuration is wrong.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors, CancellationToken stopping)
    {
        string[] asked = [.. args.Where(IsOption).Select(arg => arg == Option ? "check" : arg[(Option.Length + 1)..])];
        if (asked is not [("check" or "switch" or "back" or "forget") and var what])
        {
            await errors.WriteLineAsync($"profiles: {string.Join(' ', args.Where(IsOption))} is not understood; {Usage}");
            return 2;
        }
        try
        {
            await using var app = CdpHost.Build(new ServiceDefinition("profiles", 0, builder => builder.AddRebuild(output)), [.. args.Where(arg => !IsOption(arg))]);
            // Of an installation where nothing was decided yet, identity's topic may be missing.
            await TopicAdmin.EnsureAsync(app.Services.GetRequiredService<ProfilesOptions>().Kafka, [Topics.IdentityDecisions, Topics.EventsIdentified, Topics.Profiles]);
            return await RunAsync(app.Services.GetRequiredService<Rebuild>(), what, stopping) ? 0 : 1;
        }
        catch (ConfigurationException e)
        {
            foreach (var error in e.Errors) await errors.WriteLineAsync($"profiles: {error}");
            return 2;
        }
        catch (Exception e) when (e is RebuildException or KafkaException or ForeignStateException or IOException or HttpRequestException || Redis.IsOutage(e))
        {
            await errors.WriteLineAsync($"profiles: {e.Message}");
            return 1;
        }
    }

    private static async Task<bool> RunAsync(Rebuild rebuild, string what, CancellationToken stopping)
    {
        switch (what)
        {
            case "check": return await rebuild.CheckAsync(stopping);
            case "switch": return await rebuild.SwitchAsync(stopping);
            case "back":
                await rebuild.BackAsync(stopping);
                return true;
            default:
                await rebuild.ForgetAsync();
                return true;
        }
    }

    private static void AddRebuild(this WebApplicationBuilder builder, TextWriter output)
    {
        var options = builder.AddProfileState();
        builder.Services.AddSingleton(services => new Rebuild(options.Kafka, services.GetRequiredService<AvroCodec>(), services.GetRequiredService<ProfileIds>(),
            services.GetRequiredService<IConnectionMultiplexer>(), new HotState(options.Redis.KeyPrefix), services.GetRequiredService<Generations>(), output));
    }

    private static bool IsOption(string arg) => arg == Option || arg.StartsWith($"{Option}=", StringComparison.Ordinal);
}
