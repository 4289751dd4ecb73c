using System.Net;
using System.Net.Sockets;
using Cdp.LocalKafka.Protocol;
using Microsoft.Extensions.Logging;

namespace Cdp.LocalKafka.Server;

/// <summary>One client's connection. Its requests are answered one after another in the order they came, as Kafka's protocol promises.</summary>
internal sealed class Connection : IDisposable
{
    private readonly Socket _socket;
    private readonly Dispatcher _dispatcher;
    private readonly ILogger _logger;
    private readonly string _id;
    private readonly string _clientHost;

    public Connection(Socket socket, long number, Dispatcher dispatcher, ILogger logger)
    {
        _socket = socket;
        _dispatcher = dispatcher;
        _logger = logger;
        var peer = (IPEndPoint)socket.RemoteEndPoint!;
        _id = $"{peer}-{number}";
        _clientHost = "/" + peer.Address;
        socket.NoDelay = true;
    }

    /// <summary>Serves until the peer closes, breaks the protocol, or <paramref name="stop"/> is cancelled. Throws nothing.</summary>
    public async Task Serve(CancellationToken stop)
    {
        using var frames = new FrameReader(_socket);
        var sender = new ResponseSender(_socket);
        using var closed = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            while (await frames.Next(closed.Token).ConfigureAwait(false) is { } frame)
            {
                var response = await _dispatcher.Answer(frame, _clientHost, _id, closed.Token).ConfigureAwait(false);
                if (response is not null) await sender.Send(response, closed.Token).ConfigureAwait(false);
            }
        }
        catch (ProtocolException e)
        {
            BrokerLog.ConnectionRefused(_logger, _id, e.Message);
        }
        catch (Exception e) when (stop.IsCancellationRequested || e is SocketException or OperationCanceledException)
        {
            // The peer went away, or the broker stops: neither is news.
        }
        catch (ObjectDisposedException e)
        {
            // A topic was deleted while its records were being sent or written; the client asks again and is told.
            BrokerLog.ConnectionRefused(_logger, _id, e.Message);
        }
        catch (Exception e)
        {
            BrokerLog.RequestFailed(_logger, _id, e);
        }
        finally
        {
            await closed.CancelAsync().ConfigureAwait(false);
            _socket.Dispose();
        }
    }

    /// <summary>Drops the connection at once, as the death of the process would.</summary>
    public void Dispose() => _socket.Close(timeout: 0);
}
