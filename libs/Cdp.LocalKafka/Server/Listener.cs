using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Cdp.LocalKafka.Server;

/// <summary>Accepts connections on one port and serves each until it closes or has been silent for too long.</summary>
internal sealed class Listener
{
    private const int Backlog = 512;
    private readonly Socket _socket;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Connection, Task> _connections = new();
    private Task _accepting = Task.CompletedTask;
    private ITimer? _idle;

    private Listener(Socket socket) => _socket = socket;

    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    /// <summary>How many there are at present.</summary>
    public int Connections => _connections.Count;

    /// <exception cref="LocalKafkaStartException">The address is not this machine's, or the port is taken.</exception>
    public static async Task<Listener> Bind(string host, int port, CancellationToken cancel)
    {
        IPAddress address;
        try
        {
            address = IPAddress.TryParse(host, out var parsed) ? parsed : (await Dns.GetHostAddressesAsync(host, AddressFamily.InterNetwork, cancel).ConfigureAwait(false))[0];
        }
        catch (SocketException e)
        {
            throw new LocalKafkaStartException($"Kafka cannot listen on host '{host}' ({e.Message}): give an address of this machine", e);
        }

        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(Backlog);
            return new Listener(socket);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            var remedy = e.SocketErrorCode == SocketError.AddressAlreadyInUse ? "stop what listens there, or give another port (0 takes any free one)" : "give an address and port of this machine";
            throw new LocalKafkaStartException($"Kafka cannot listen on {host}:{port} ({e.Message}): {remedy}", e);
        }
    }

    public void Start(Dispatcher dispatcher, LocalKafkaOptions options, ILogger logger)
    {
        _idle = options.TimeProvider.CreateTimer(_ => DropSilent(options.ConnectionsMaxIdle), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        LookAgain(options.ConnectionsMaxIdle);
        _accepting = Accept(dispatcher, options.TimeProvider, logger);
    }

    /// <summary>After <see cref="Drop"/>: completes when every handler has ended.</summary>
    public async Task Stopped()
    {
        await _accepting.ConfigureAwait(false);
        await Task.WhenAll(_connections.Values).ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>Stops accepting and drops every connection at once.</summary>
    public void Drop()
    {
        _socket.Dispose();
        _stop.Cancel();
        _idle?.Dispose();
        foreach (var connection in _connections.Keys) connection.Dispose();
    }

    private void DropSilent(TimeSpan maxIdle)
    {
        foreach (var connection in _connections.Keys)
            if (connection.Silence >= maxIdle) connection.Dispose();
        if (!_stop.IsCancellationRequested) LookAgain(maxIdle);
    }

    // One look at all of them now and then costs a request nothing but the time of day; a tenth more silence than promised hurts nobody.
    private void LookAgain(TimeSpan maxIdle) => _idle!.Change(maxIdle / 10, Timeout.InfiniteTimeSpan);

    private async Task Accept(Dispatcher dispatcher, TimeProvider time, ILogger logger)
    {
        for (long number = 0; ; number++)
        {
            Socket accepted;
            try
            {
                accepted = await _socket.AcceptAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (_stop.IsCancellationRequested || e is ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                // The peer was gone before it was accepted, or there are no file handles left: the next may do better.
                BrokerLog.ConnectionRefused(logger, "not accepted", e.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(10)).ConfigureAwait(false);
                continue;
            }
            Serve(accepted, number, dispatcher, time, logger);
        }
    }

    private void Serve(Socket accepted, long number, Dispatcher dispatcher, TimeProvider time, ILogger logger)
    {
        Connection connection;
        try
        {
            connection = new Connection(accepted, number, dispatcher, time, logger, _stop.Token);
        }
        catch (SocketException)
        {
            accepted.Dispose(); // reset by the peer before its address could be read
            return;
        }
        var serving = Task.Run(connection.Serve);
        _connections[connection] = serving;
        serving.ContinueWith(_ => _connections.TryRemove(connection, out var _), TaskScheduler.Default);
    }
}
