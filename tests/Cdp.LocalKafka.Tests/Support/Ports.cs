using System.Net;
using System.Net.Sockets;

namespace Cdp.LocalKafka.Tests.Support;

internal static class Ports
{
    private const int First = 15_000;
    private const int Ephemeral = 32_768;

    /// <summary>
    /// A free port that can be listened on again after its broker died: one that Linux gives to no outgoing connection in the meantime. It may give
    /// any port from <see cref="Ephemeral"/> on to one, even to this broker's own clients, which would then connect to themselves.
    /// </summary>
    public static int Reusable()
    {
        while (true)
        {
            var port = Random.Shared.Next(First, Ephemeral);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // This port is taken; the next one may be free.
            }
        }
    }
}
