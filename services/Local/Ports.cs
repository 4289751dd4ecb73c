using System.Net;
using System.Net.Sockets;

namespace Cdp.Local;

/// <summary>What cannot be started, told as one line to whoever started it.</summary>
public sealed class StartException(string message) : Exception(message);

/// <summary>Finds and checks the ports that Local listens on.</summary>
public static class Ports
{
    /// <summary>Checks that a port can be listened on; 0, any free one, always can.</summary>
    /// <param name="use">What it is for, to say so when it is taken.</param>
    /// <param name="option">The option that changes it.</param>
    /// <exception cref="StartException">The port is taken.</exception>
    public static void Check(IPAddress host, int port, string use, string option)
    {
        if (port == 0) return;
        using var listener = new TcpListener(host, port) { ExclusiveAddressUse = true };
        try
        {
            listener.Start();
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

    /// <summary>A port that is free now, for a server that cannot say which one it was given.</summary>
    public static int Free(IPAddress host)
    {
        using var listener = new TcpListener(host, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
