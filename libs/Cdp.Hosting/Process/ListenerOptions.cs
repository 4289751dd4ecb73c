using System.Net;

namespace Cdp.Hosting.Process;

/// <summary>The addresses a service listens on: the API on one port, management on another. The same keys in every service.</summary>
public sealed record ListenerOptions
{
    private const int ManagementOffset = 10_000;

    /// <summary>The IP address to listen on.</summary>
    public string Address { get; init; } = "0.0.0.0";

    /// <summary>The port of the API; 0 means any free one. Null means the default of the service. A service without an API ignores it.</summary>
    public int? Port { get; init; }

    /// <summary>The listener for health and metrics.</summary>
    public ManagementOptions Management { get; init; } = new();

    /// <summary>Every error, with its key and remedy; empty if the options are valid.</summary>
    public IEnumerable<string> Errors(ServiceDefinition service)
    {
        if (!IPAddress.TryParse(Address, out _)) yield return $"Address is '{Address}'; set it to an IP address, such as 0.0.0.0";
        if (Management.Address is { } address && !IPAddress.TryParse(address, out _))
            yield return $"Management:Address is '{address}'; set it to an IP address, such as 127.0.0.1";
        var (api, management) = (ApiPort(service), ManagementPort(service));
        if (!IsPort(api))
            yield return $"Port is {Port}; set it to a number from 0 to {IPEndPoint.MaxPort}";
        else if (!IsPort(management))
            yield return $"Management:Port is {management} (by default Port + {ManagementOffset}); set it to a number from 0 to {IPEndPoint.MaxPort}";
        else if (service.HasApi && api != 0 && api == management)
            yield return $"Port and Management:Port are both {api}; set them to different ports";
    }

    internal IPEndPoint Api(ServiceDefinition service) => new(IPAddress.Parse(Address), ApiPort(service));

    internal IPEndPoint ManagementEndPoint(ServiceDefinition service) => new(IPAddress.Parse(Management.Address ?? Address), ManagementPort(service));

    private int ApiPort(ServiceDefinition service) => Port ?? service.Port;

    private int ManagementPort(ServiceDefinition service) => Management.Port ?? (ApiPort(service) == 0 ? 0 : ApiPort(service) + ManagementOffset);

    private static bool IsPort(int port) => port is >= 0 and <= IPEndPoint.MaxPort;
}

/// <summary>The listener for health details and metrics.</summary>
public sealed record ManagementOptions
{
    /// <summary>The IP address to listen on. Null means the address of the API.</summary>
    public string? Address { get; init; }

    /// <summary>The port to listen on; 0 means any free one. Null means the port of the API + 10000, or any free one if that port is 0.</summary>
    public int? Port { get; init; }
}
