using System.Net;
using System.Net.Sockets;

namespace Cdp.Chaos.Processes;

/// <summary>Ports for processes that are killed and come back on the same port.</summary>
public static class FreePorts
{
    private static readonly HashSet<int> Used = [];

    /// <summary>
    /// A free port, never the same twice. It is below the range that the system uses for outgoing connections: one of those could take the port while its owner
    /// is down.
    /// </summary>
    public static int Next()
    {
        while (true)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            if (!Used.Add(port)) continue;
            using var listener = new TcpListener(IPAddress.Any, port) { ExclusiveAddressUse = true };
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Try another.
            }
        }
    }
}
