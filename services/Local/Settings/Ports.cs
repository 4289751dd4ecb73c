using System.Net;
using System.Net.Sockets;

namespace Cdp.Local.Settings;

/// <summary>Checks the ports that Local listens on.</summary>
public static class Ports
{
    /// <summary>Checks that all ports are free, and reports all that are not.</summary>
    /// <exception cref="StartException">At least one port is taken or cannot be listened on.</exception>
    public static void Check(LocalOptions options)
    {
        List<(int Port, string Use, string Option)> ports =
        [
            (options.KafkaPort, "Kafka", "--kafka-port"),
            (options.RegistryPort, "schema registry", "--registry-port"),
            (options.RedisPort, "Redis", "--redis-port"),
        ];
        if (!options.IsInfraOnly)
        {
            ports.InsertRange(0,
            [
                (options.IngestionPort, "ingestion", "--ingestion-port"),
                (options.ProfilesPort, "profile API", "--profiles-port"),
                (options.IdentityPort, "identity API", "--identity-port"),
                (options.FanoutPort, "fan-out API", "--fanout-port"),
                (options.ManagementPort, "management", "--management-port"),
            ]);
        }
        string[] errors = [.. ports.Select(port => FindError(options.Host, port.Port, port.Use, port.Option)).OfType<string>()];
        if (errors.Length == 0) return;
        throw new StartException(
            $"{string.Join(Environment.NewLine, errors)}{Environment.NewLine}Port 0 means any free port. A second instance also needs its own --data DIR.");
    }

    // Null: the port is free. Port 0 always is.
    private static string? FindError(IPAddress host, int port, string use, string option)
    {
        if (port == 0) return null;
        using var listener = new TcpListener(host, port) { ExclusiveAddressUse = true };
        try
        {
            listener.Start();
            return null;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return $"port {port} ({use}) is taken; choose another with {option} PORT";
        }
        catch (SocketException e)
        {
            return $"cannot listen on {host}:{port} ({use}): {e.Message}; change it with --host or {option}";
        }
    }
}
