using System.Net;
using System.Net.Sockets;

namespace Cdp.Chaos.Machines;

/// <summary>Free ports.</summary>
public static class Ports
{
    private static readonly HashSet<int> Given = [];

    /// <summary>Below those that the system gives to outgoing connections: one of them could take it while its owner is dead. Never the same twice.</summary>
    public static int Free()
    {
        while (true)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            if (!Given.Add(port)) continue;
            using var listener = new TcpListener(IPAddress.Any, port) { ExclusiveAddressUse = true };
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // The next one, then.
            }
        }
    }
}
