using System.Net;
using Cdp.Fanout;
using Cdp.Hosting;
using Cdp.Identity;
using Cdp.Ingestion;
using Cdp.Profiles;
using Cdp.Streaming;
using Cdp.Validation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Cdp.Local;

/// <summary>The services, each hosted as its own Program would host it, with the infrastructure's addresses laid over its configuration.</summary>
public sealed class LocalServices : IAsyncDisposable
{
    public static readonly IReadOnlyList<ServiceDefinition> All =
    [
        IngestionService.Service, ValidationService.Service, IdentityService.Service, ProfilesService.Service, FanoutService.Service,
    ];

    /// <summary>Where ingestion serves its test page, and the browser SDKs where CDP_Sdk__Folder names a folder with them.</summary>
    public const string SdkPath = "/sdk";

    private readonly Dictionary<string, WebApplication> _hosts;

    private LocalServices(Dictionary<string, WebApplication> hosts) => _hosts = hosts;

    /// <summary>0 while all is well, and the code of the first that failed.</summary>
    public int ExitCode => _hosts.Values.Select(host => host.Services.GetRequiredService<Failure>().ExitCode).FirstOrDefault(code => code != 0);

    public bool IsReady => _hosts.Values.All(host => host.Services.GetRequiredService<Readiness>().IsReady);

    /// <summary>What is not ready yet, service by service.</summary>
    public IEnumerable<string> Waiting => _hosts.SelectMany(host => host.Value.Services.GetRequiredService<Readiness>().Parts
        .Where(part => !part.Value.Ready).Select(part => $"{host.Key}: {part.Key} {part.Value.Detail}"));

    /// <summary>Builds all of them, then starts them together.</summary>
    /// <exception cref="StartException">A port is taken.</exception>
    /// <exception cref="ConfigurationException">Options or a file of the configuration folder are wrong; the faults of all services are listed.</exception>
    public static async Task<LocalServices> StartAsync(LocalOptions options, Secrets secrets, LocalInfra infra)
    {
        Ports.Check(options.Host, options.IngestionPort, "ingestion", "--ingestion-port");
        Ports.Check(options.Host, options.ProfilesPort, "profile API", "--profiles-port");
        Ports.Check(options.Host, options.IdentityPort, "identity API", "--identity-port");
        var hosts = new Dictionary<string, WebApplication>();
        var errors = new List<string>();
        foreach (var service in All)
        {
            try
            {
                hosts[service.Name] = CdpHost.Build(service, [], builder => Configure(builder, service, options, secrets, infra));
            }
            catch (ConfigurationException e)
            {
                errors.AddRange(e.Errors.Select(error => $"{service.Name}: {error}"));
            }
        }
        var services = new LocalServices(hosts);
        try
        {
            if (errors.Count > 0) throw new ConfigurationException(errors);
            await Task.WhenAll(hosts.Values.Select(host => host.StartAsync()));
            return services;
        }
        catch
        {
            await services.DisposeAsync();
            throw;
        }
    }

    /// <summary>Where a service listens.</summary>
    public string Url(string service) => _hosts[service].Urls.First();

    /// <summary>Calls back when any service stops, which none does by itself unless it failed.</summary>
    public void OnStopping(Action stopping)
    {
        foreach (var host in _hosts.Values) host.Lifetime.ApplicationStopping.Register(stopping);
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_hosts.Values.Select(host => host.StopAsync()));
        foreach (var host in _hosts.Values) await host.DisposeAsync();
    }

    private static void Configure(WebApplicationBuilder builder, ServiceDefinition service, LocalOptions options, Secrets secrets, LocalInfra infra)
    {
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Kafka:BootstrapServers"] = infra.Kafka,
            ["Kafka:SchemaRegistry"] = infra.Registry,
            ["Kafka:InstanceId"] = "local",
            ["Redis:Endpoint"] = infra.Redis,
            ["ProfileIds:Key"] = secrets.ProfileIds,
            ["Api:Tokens:0"] = ApiTokens.Hash(secrets.ApiToken),
            ["Sources:0"] = LocalSource.Write(options.DataDirectory, secrets),
            ["Sources:1"] = Path.Combine(Path.GetFullPath(options.ConfigDirectory), "sources"),
            ["Sdk:Path"] = SdkPath,
            ["Sdk:TestPage"] = "true",
            ["TrackingPlans"] = Path.Combine(Path.GetFullPath(options.ConfigDirectory), "tracking-plans"),
            ["Destinations"] = Path.Combine(Path.GetFullPath(options.ConfigDirectory), "destinations"),
        });
        // A folder of the user's need not have one: then the defaults count.
        var identity = Path.Combine(Path.GetFullPath(options.ConfigDirectory), "identity.yaml");
        if (File.Exists(identity)) builder.Configuration.AddInMemoryCollection([new("IdentityConfig", identity)]);
        // The others have no API; their health is told by Local's own exit code.
        var address = service.Name switch
        {
            "ingestion" => new IPEndPoint(options.Host, options.IngestionPort),
            "profiles" => new IPEndPoint(options.Host, options.ProfilesPort),
            "identity" => new IPEndPoint(options.Host, options.IdentityPort),
            _ => new IPEndPoint(IPAddress.Loopback, 0),
        };
        builder.WebHost.UseUrls($"http://{address}");
    }
}
