using System.Net;
using System.Net.Sockets;

namespace Cdp.Local;

/// <summary>What cannot be started, told as one line to whoever started it.</summary>
public sealed class StartException(string message) : Exception(message);

/// <summary>Finds and checks the ports that Local listens on.</summary>
public static class Ports
{
    /// <summary>The port to listen on: <paramref name="port"/> itself if it is free, any free one if it is 0.</summary>
    /// <param name="use">What it is for, to say so when it is taken.</param>
    /// <param name="option">The option that changes it.</param>
    /// <exception cref="StartException">The port is taken.</exception>
    public static int Claim(IPAddress host, int port, string use, string option)
    {
        using var listener = new TcpListener(host, port) { ExclusiveAddressUse = true };
        try
        {
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new StartException($"port {port} ({use}) is taken; choose another with {option} PORT, or {option} 0 for any free one");
        }
        catch (SocketException e)
        {
            throw new StartException($"cannot listen on {host}:{port} ({use}): {e.Message}; change it with --host or {option}");
        }
    }

    /// <summary>The address by which this machine reaches what listens on <paramref name="host"/>.</summary>
    public static IPAddress ClientAddress(IPAddress host) =>
        host.Equals(IPAddress.Any) ? IPAddress.Loopback : host.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : host;
}
