using System.Net;
using System.Net.Sockets;

namespace Cdp.LocalKafka.Tests.Support;

internal static class Ports
{
    private const int First = 15_000;
    private const int Ephemeral = 32_768;

    /// <summary>
    /// A free port that can be listened on again after its broker died: one that Linux does not assign to an outgoing connection in the meantime. It may assign
    /// any port from <see cref="Ephemeral"/> on, even to a client of this broker, which would then connect to itself.
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
