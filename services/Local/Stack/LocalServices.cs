using Cdp.Fanout;
using Cdp.Hosting.Api;
using Cdp.Hosting.Configuration;
using Cdp.Hosting.Process;
using Cdp.Identity;
using Cdp.Ingestion;
using Cdp.Local.Settings;
using Cdp.Profiles;
using Cdp.Streaming.Observability;
using Cdp.Validation;

namespace Cdp.Local.Stack;

/// <summary>The services, each hosted as by its own Program.cs, configured for the local infrastructure.</summary>
public sealed class LocalServices : IAsyncDisposable
{
    public static readonly IReadOnlyList<ServiceDefinition> All =
    [
        IngestionService.Service, ValidationService.Service, IdentityService.Service, ProfilesService.Service, FanoutService.Service,
    ];

    /// <summary>The path of ingestion's test page, and of the browser SDKs if CDP_Sdk__Folder names a folder that has them.</summary>
    public const string SdkPath = "/sdk";

    private readonly Dictionary<string, WebApplication> _hosts;
    private readonly WebApplication _management;

    private LocalServices(Dictionary<string, WebApplication> hosts, WebApplication management) => (_hosts, _management) = (hosts, management);

    /// <summary>The URL for the health of all services and the metrics of the process.</summary>
    public string ManagementUrl => _management.Urls.First();

    /// <summary>The exit code of the first service that failed; 0: none.</summary>
    public int ExitCode => _hosts.Values.Select(host => host.Services.GetRequiredService<Failure>().ExitCode).FirstOrDefault(code => code != 0);

    public bool IsReady => _hosts.Keys.All(name => ReadinessOf(name).IsReady);

    /// <summary>The names of the services that are ready.</summary>
    public IEnumerable<string> Ready => _hosts.Keys.Where(name => ReadinessOf(name).IsReady);

    /// <summary>What each service that is not ready waits for.</summary>
    public IEnumerable<string> Waiting => _hosts.Keys.SelectMany(name =>
        ReadinessOf(name).Parts.Where(part => !part.Value.Ready).Select(part => $"{name}: {part.Key} {part.Value.Detail}"));

    /// <summary>Builds all services, then starts them together.</summary>
    /// <exception cref="ConfigurationException">Options or configuration files are invalid. Lists the errors of all services, each once.</exception>
    public static async Task<LocalServices> StartAsync(LocalOptions options, Secrets secrets, LocalInfra infra)
    {
        var hosts = new Dictionary<string, WebApplication>();
        var errors = new List<(string Service, string Error)>();
        foreach (var service in All)
        {
            try
            {
                hosts[service.Name] = CdpHost.Build(service, [], builder => Configure(builder, service, options, secrets, infra, hosts), isShared: true);
            }
            catch (ConfigurationException e)
            {
                errors.AddRange(e.Errors.Select(error => (service.Name, error)));
            }
        }
        var services = new LocalServices(hosts, LocalManagement.Build(options, hosts));
        try
        {
            if (errors.Count > 0) throw new ConfigurationException(Distinct(errors));
            // Started before the services, so that it collects all their measurements.
            await services._management.StartAsync();
            await Task.WhenAll(hosts.Values.Select(host => host.StartAsync()));
            return services;
        }
        catch
        {
            await services.DisposeAsync();
            throw;
        }
    }

    /// <summary>The URL of a service's API.</summary>
    public string Url(string service) => _hosts[service].Urls.First();

    /// <summary>Registers a callback for when any service stops, which happens without a request to stop only if it failed.</summary>
    public void OnStopping(Action stopping)
    {
        foreach (var host in _hosts.Values) host.Lifetime.ApplicationStopping.Register(stopping);
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_hosts.Values.Select(host => host.StopAsync()));
        foreach (var host in _hosts.Values) await host.DisposeAsync();
        await _management.DisposeAsync();
    }

    // Identity and profiles read the same file, and report the same errors in it.
    private static List<string> Distinct(IEnumerable<(string Service, string Error)> errors) =>
        [.. errors.GroupBy(error => error.Error, error => error.Service).Select(same => $"{string.Join(", ", same)}: {same.Key}")];

    private Readiness ReadinessOf(string service) => _hosts[service].Services.GetRequiredService<Readiness>();

    private static void Configure(
        WebApplicationBuilder builder,
        ServiceDefinition service,
        LocalOptions options,
        Secrets secrets,
        LocalInfra infra,
        IReadOnlyDictionary<string, WebApplication> hosts)
    {
        // The profiles service is running by the time the test page requests a profile.
        if (service == IngestionService.Service)
        {
            builder.Services.AddSingleton<IStartupFilter>(_ => new TestPageProfiles($"{SdkPath}/profiles", () => hosts["profiles"].Urls.First()));
        }
        var config = Path.GetFullPath(options.ConfigDirectory);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Kafka:BootstrapServers"] = infra.Kafka,
            ["Kafka:SchemaRegistry"] = infra.Registry,
            ["Kafka:InstanceId"] = "local",
            ["Redis:Endpoint"] = infra.Redis,
            ["ProfileIds:Key"] = secrets.ProfileIds,
            ["Api:Tokens:0"] = ApiTokens.Hash(secrets.ApiToken),
            ["Sources:0"] = LocalSources.Write(options.DataDirectory, secrets),
            ["Sources:1"] = Path.Combine(config, "sources"),
            ["Sdk:Path"] = SdkPath,
            ["Sdk:TestPage"] = "true",
            ["TrackingPlans"] = Path.Combine(config, "tracking-plans"),
            ["Destinations"] = Path.Combine(config, "destinations"),
        });
        // Without the file the defaults apply.
        var identity = Path.Combine(config, "identity.yaml");
        if (File.Exists(identity)) builder.Configuration.AddInMemoryCollection([new("IdentityConfig", identity)]);
        // Validation has no API, and LocalManagement serves the health of all.
        var port = service.Name switch
        {
            "ingestion" => options.IngestionPort,
            "profiles" => options.ProfilesPort,
            "identity" => options.IdentityPort,
            "fanout" => options.FanoutPort,
            _ => 0,
        };
        builder.Configuration.AddInMemoryCollection([new("Address", $"{options.Host}"), new("Port", $"{port}")]);
    }
}
