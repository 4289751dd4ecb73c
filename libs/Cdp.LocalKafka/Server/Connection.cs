using System.Net;
using System.Net.Sockets;
using Cdp.LocalKafka.Faults;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Protocol.Serialization;
using Microsoft.Extensions.Logging;

namespace Cdp.LocalKafka.Server;

/// <summary>The connection of one client. Its requests are handled one at a time in the order of arrival, as Kafka's protocol guarantees.</summary>
internal sealed class Connection : IDisposable
{
    private readonly Socket _socket;
    private readonly Dispatcher _dispatcher;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _closed;
    private readonly string _id;
    private readonly string _clientHost;
    private long _lastActivity;

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
        NoteActivity();
    }

    /// <summary>How long no byte was received or sent.</summary>
    public TimeSpan IdleTime => _time.GetElapsedTime(Volatile.Read(ref _lastActivity));

    /// <summary>Handles requests until the peer disconnects or violates the protocol, or the connection is dropped. Does not throw.</summary>
    public async Task Serve()
    {
        var closed = _closed.Token;
        using var frames = new FrameReader(_socket, NoteActivity);
        var sender = new ResponseSender(_socket, NoteActivity);
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
            // Expected: the peer disconnected or was idle for too long, a fault dropped the connection, or the broker is stopping.
        }
        catch (ObjectDisposedException e)
        {
            // A topic was deleted while its records were being read or written. The client retries and gets an error.
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
            // The connection has already ended.
        }
    }

    private void NoteActivity() => Volatile.Write(ref _lastActivity, _time.GetTimestamp());
}
