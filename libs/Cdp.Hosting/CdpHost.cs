using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Cdp.Hosting;

/// <summary>Builds and runs a service's process.</summary>
public static class CdpHost
{
    /// <summary>
    /// Runs a service until it is told to stop. Answers the process's exit code: 0 stopped as asked, 1 a loop or listener failed,
    /// 2 the configuration is wrong (every fault is printed). <c>--verify-config</c> checks the configuration and exits.
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
                Console.WriteLine($"{service.Name}: the configuration is good");
                return 0;
            }
            // Asked for now: when RunAsync returns, it has disposed the services.
            var failure = app.Services.GetRequiredService<Failure>();
            await app.RunAsync();
            return failure.ExitCode;
        }
    }

    /// <summary>Builds a service's host without starting it.</summary>
    /// <param name="service">What to build.</param>
    /// <param name="args">Configuration such as <c>--Kafka:BootstrapServers=host:9092</c>; it wins over environment variables such as <c>CDP_Kafka__BootstrapServers</c>.</param>
    /// <param name="configure">Further settings of the builder: what Local lays over the configuration.</param>
    /// <exception cref="ConfigurationException">Options are wrong; all faults are listed.</exception>
    public static WebApplication Build(ServiceDefinition service, string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        string[] settings = [.. args.Where(arg => arg != "--verify-config")];
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = service.Name, ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddEnvironmentVariables("CDP_").AddCommandLine(settings);
        builder.WebHost.UseUrls($"http://0.0.0.0:{builder.Configuration["Port"] ?? service.Port.ToString(CultureInfo.InvariantCulture)}");
        configure?.Invoke(builder);
        builder.AddCdpDefaults(service);
        service.Add(builder);
        builder.ThrowOnConfigurationErrors();
        var app = builder.Build();
        app.MapCdpDefaults();
        service.Map?.Invoke(app);
        return app;
    }
}
