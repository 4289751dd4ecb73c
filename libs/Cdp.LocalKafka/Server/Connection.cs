using System.Net;
using System.Net.Sockets;
using Cdp.LocalKafka.Faults;
using Cdp.LocalKafka.Protocol;
using Microsoft.Extensions.Logging;

namespace Cdp.LocalKafka.Server;

/// <summary>One client's connection. Its requests are answered one after another in the order they came, as Kafka's protocol promises.</summary>
internal sealed class Connection : IDisposable
{
    private readonly Socket _socket;
    private readonly Dispatcher _dispatcher;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _closed;
    private readonly string _id;
    private readonly string _clientHost;
    private long _lastMoved;

    public Connection(Socket socket, long number, Dispatcher dispatcher, TimeProvider time, ILogger logger, CancellationToken stop)
    {
        _socket = socket;
        _dispatcher = dispatcher;
        _time = time;
        _logger = logger;
        var peer = (IPEndPoint)socket.RemoteEndPoint!;
        _id = $"{peer}-{number}";
        _clientHost = "/" + peer.Address;
        socket.NoDelay = true;
        _closed = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Moved();
    }

    /// <summary>How long no byte has come or gone.</summary>
    public TimeSpan Silence => _time.GetElapsedTime(Volatile.Read(ref _lastMoved));

    /// <summary>Serves until the peer closes or breaks the protocol, or the connection is dropped. Throws nothing.</summary>
    public async Task Serve()
    {
        var closed = _closed.Token;
        using var frames = new FrameReader(_socket, Moved);
        var sender = new ResponseSender(_socket, Moved);
        try
        {
            while (await frames.Next(closed).ConfigureAwait(false) is { } frame)
            {
                var response = await _dispatcher.Answer(frame, _clientHost, _id, closed).ConfigureAwait(false);
                if (response is not null) await sender.Send(response, closed).ConfigureAwait(false);
            }
        }
        catch (ProtocolException e)
        {
            BrokerLog.ConnectionRefused(_logger, _id, e.Message);
        }
        catch (Exception e) when (closed.IsCancellationRequested || e is SocketException or OperationCanceledException or ConnectionDroppedException)
        {
            // The peer went away, was silent for too long or was to be dropped, or the broker stops: none is news.
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
            await _closed.CancelAsync().ConfigureAwait(false);
            _socket.Dispose();
            _closed.Dispose();
        }
    }

    /// <summary>Drops the connection at once, as the death of the process would.</summary>
    public void Dispose()
    {
        try
        {
            _closed.Cancel();
            _socket.Close(timeout: 0);
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself meanwhile.
        }
    }

    private void Moved() => Volatile.Write(ref _lastMoved, _time.GetTimestamp());
}
