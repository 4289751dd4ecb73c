using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Cdp.Testing;

/// <summary>Ports for the servers of a test.</summary>
public static class FreePort
{
    private static readonly ConcurrentDictionary<int, bool> Used = [];

    /// <summary>A port of the loopback interface that is free now.</summary>
    public static int Find()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>
    /// A free port for a server that is stopped and started again on the same port; never the same twice. It is below the range that the system uses for
    /// outgoing connections: one of those could take the port while its owner is down.
    /// </summary>
    public static int FindForRestarts()
    {
        while (true)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            if (!Used.TryAdd(port, true)) continue;
            using var listener = new TcpListener(IPAddress.Any, port) { ExclusiveAddressUse = true };
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Try the next one.
            }
        }
    }
}
