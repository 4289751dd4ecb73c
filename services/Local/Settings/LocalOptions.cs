using System.Globalization;
using System.Net;
using OpenTelemetry.Trace;

namespace Cdp.Local.Settings;

/// <summary>The options on the command line.</summary>
public sealed record LocalOptions
{
    private const string InCheckout = "services/Local/config";

    public int IngestionPort { get; init; } = 8080;
    public int ProfilesPort { get; init; } = 8090;
    public int IdentityPort { get; init; } = 8092;
    public int FanoutPort { get; init; } = 8093;
    public int ManagementPort { get; init; } = 8099;
    public int RegistryPort { get; init; } = 8081;
    public int KafkaPort { get; init; } = 9092;
    public int RedisPort { get; init; } = 6379;
    public IPAddress Host { get; init; } = IPAddress.Loopback;
    public string DataDirectory { get; init; } = ".cdp-data";

    /// <summary>
    /// The configuration folder. In a checkout, this is the folder in services/Local, so that an edit takes effect at the next start and errors name the edited
    /// file. Otherwise it is the folder next to the program.
    /// </summary>
    public string ConfigDirectory { get; init; } = Directory.Exists(InCheckout) ? InCheckout : Path.Combine(AppContext.BaseDirectory, "config");

    /// <summary>Start only the broker, the registry and Redis.</summary>
    public bool IsInfraOnly { get; init; }

    /// <summary>Run the demo and exit.</summary>
    public bool IsDemo { get; init; }

    public bool IsHelp { get; init; }

    /// <summary>Adds exporters for the traces of the process.</summary>
    public Action<TracerProviderBuilder>? Tracing { get; init; }

    public const string Usage = """
        Cdp.Local runs everything on this machine in one process.

          --ingestion-port PORT   the ingestion API, which receives events (8080)
          --profiles-port PORT    the profile API (8090)
          --identity-port PORT    the identity API (8092)
          --fanout-port PORT      the fan-out API (8093)
          --management-port PORT  health of all services and metrics (8099)
          --registry-port PORT    schema registry (8081)
          --kafka-port PORT       Kafka (9092)
          --redis-port PORT       Redis (6379); as any PORT, 0 means any free one, which is printed
          --host ADDRESS          the address to listen on (127.0.0.1)
          --data DIR              the folder for all data (./.cdp-data)
          --config DIR            the folder with identity.yaml, sources/, tracking-plans/ and destinations/
                                  (services/Local/config if it exists, otherwise config next to the program)
          --infra                 start only Kafka, registry and Redis, for services that run as separate processes
          --demo                  run a short demo with its own data, show the resulting profile, exit 0 if it is correct
          --help                  show this text
        """;

    /// <summary>Parses the command line. Reports every error, not only the first.</summary>
    public static (LocalOptions Options, IReadOnlyList<string> Errors) Parse(IReadOnlyList<string> args)
    {
        var options = new LocalOptions();
        var errors = new List<string>();
        for (var i = 0; i < args.Count; i++)
        {
            // Both `--option value` and `--option=value`.
            var equals = args[i].IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? args[i] : args[i][..equals];
            var inline = equals < 0 ? null : args[i][(equals + 1)..];
            string Value()
            {
                if (inline is { Length: > 0 }) return inline;
                if (inline is null && i + 1 < args.Count && !args[i + 1].StartsWith("--", StringComparison.Ordinal)) return args[++i];
                errors.Add($"{name} needs a value");
                return "";
            }
            options = name switch
            {
                "--ingestion-port" => options with { IngestionPort = Port(name, Value(), errors) },
                "--profiles-port" => options with { ProfilesPort = Port(name, Value(), errors) },
                "--identity-port" => options with { IdentityPort = Port(name, Value(), errors) },
                "--fanout-port" => options with { FanoutPort = Port(name, Value(), errors) },
                "--management-port" => options with { ManagementPort = Port(name, Value(), errors) },
                "--registry-port" => options with { RegistryPort = Port(name, Value(), errors) },
                "--kafka-port" => options with { KafkaPort = Port(name, Value(), errors) },
                "--redis-port" => options with { RedisPort = Port(name, Value(), errors) },
                "--host" => options with { Host = Address(name, Value(), errors) },
                "--data" => options with { DataDirectory = Value() },
                "--config" => options with { ConfigDirectory = Value() },
                "--infra" => options with { IsInfraOnly = true },
                "--demo" => options with { IsDemo = true },
                "--help" or "-h" => options with { IsHelp = true },
                _ => Unknown(options, args[i], errors),
            };
        }
        if (options is { IsInfraOnly: true, IsDemo: true }) errors.Add("--infra and --demo cannot be combined: the demo needs the services");
        return (options, errors);
    }

    private static LocalOptions Unknown(LocalOptions options, string argument, List<string> errors)
    {
        errors.Add($"unknown option {argument}");
        return options;
    }

    private static int Port(string name, string value, List<string> errors)
    {
        if (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= IPEndPoint.MaxPort) return port;
        if (value.Length > 0) errors.Add($"{name} is {value}; it must be a number from 0 to {IPEndPoint.MaxPort}");
        return 0;
    }

    private static IPAddress Address(string name, string value, List<string> errors)
    {
        if (value == "localhost") return IPAddress.Loopback;
        // The broker advertises its address to Kafka clients, and no client can connect to "all interfaces".
        if (IPAddress.TryParse(value, out var address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)) return address;
        if (value.Length > 0) errors.Add($"{name} is {value}; it must be the IP address of one interface, such as 127.0.0.1");
        return IPAddress.Loopback;
    }
}
