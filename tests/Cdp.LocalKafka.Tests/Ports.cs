using System.Net;
using System.Net.Sockets;

namespace Cdp.LocalKafka.Tests;

internal static class Ports
{
    private const int First = 15_000;
    private const int Ephemeral = 32_768;

    /// <summary>
    /// A free port that can be listened on again after its broker died: one that Linux gives to no outgoing connection meanwhile, as it might any port
    /// from <see cref="Ephemeral"/> on, to this broker's own clients even, which then connect to themselves.
    /// </summary>
    public static int ToReturnTo()
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
                // Taken; the next one may not be.
            }
        }
    }
}
