using System.Net;
using System.Net.Sockets;

namespace Cdp.Testing;

/// <summary>Ports for servers of a test's own.</summary>
public static class FreePort
{
    /// <summary>A port of the loopback interface that nobody listens on now.</summary>
    public static int Find()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
