using Cdp.Hosting.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Cdp.Hosting.Process;

/// <summary>Builds and runs the process of a service.</summary>
public static class CdpHost
{
    /// <summary>
    /// Runs a service until it is told to stop, and returns the exit code of the process: 0 if it was told to stop, 1 if a loop or a listener failed, 2 if the
    /// configuration is invalid (every error is printed). <c>--verify-config</c> checks the configuration and exits.
    /// </summary>
    public static async Task<int> RunAsync(ServiceDefinition service, string[] args)
    {
        WebApplication app;
        try
        {
            app = Build(service, args);
        }
        catch (ConfigurationException e)
        {
            foreach (var error in e.Errors) await Console.Error.WriteLineAsync($"{service.Name}: {error}");
            return 2;
        }
        await using (app)
        {
            if (args.Contains("--verify-config"))
            {
                Console.WriteLine($"{service.Name}: configuration is valid");
                return 0;
            }
            // Resolved here, because RunAsync disposes of the services before it returns.
            var failure = app.Services.GetRequiredService<Failure>();
            await app.RunAsync();
            return failure.ExitCode;
        }
    }

    /// <summary>
    /// Builds the host of a service without starting it. Once it has started, its first URL is that of the API, and its last URL that of management.
    /// </summary>
    /// <param name="service">The service.</param>
    /// <param name="args">
    /// Options such as <c>--Kafka:BootstrapServers=host:9092</c>. They override environment variables such as <c>CDP_Kafka__BootstrapServers</c>.
    /// </param>
    /// <param name="configure">Changes the builder after the configuration is loaded; null for no change.</param>
    /// <param name="isShared">Whether the process hosts other services too, and has its own management and telemetry.</param>
    /// <exception cref="ConfigurationException">The configuration is invalid; the exception lists all errors.</exception>
    public static WebApplication Build(
        ServiceDefinition service, string[] args, Action<WebApplicationBuilder>? configure = null, bool isShared = false)
    {
        string[] settings = [.. args.Where(arg => arg != "--verify-config")];
        var builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions { ApplicationName = service.Name, ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddEnvironmentVariables("CDP_").AddCommandLine(settings);
        configure?.Invoke(builder);
        builder.AddCdpDefaults(service, isShared);
        service.Add(builder);
        builder.ThrowOnConfigurationErrors();
        var app = builder.Build();
        app.MapCdpDefaults(service, isShared);
        service.Map?.Invoke(app);
        return app;
    }
}
