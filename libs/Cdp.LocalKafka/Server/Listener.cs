using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Cdp.LocalKafka.Hosting;
using Microsoft.Extensions.Logging;

namespace Cdp.LocalKafka.Server;

/// <summary>Accepts connections on one port and serves each until it closes or has been idle for too long.</summary>
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

    /// <summary>The number of open connections.</summary>
    public int Connections => _connections.Count;

    /// <exception cref="LocalKafkaStartException">The address does not belong to this machine, or the port is taken.</exception>
    public static async Task<Listener> Bind(string host, int port, CancellationToken cancel)
    {
        IPAddress address;
        try
        {
            address = IPAddress.TryParse(host, out var parsed)
                ? parsed
                : (await Dns.GetHostAddressesAsync(host, AddressFamily.InterNetwork, cancel).ConfigureAwait(false))[0];
        }
        catch (SocketException e)
        {
            throw new LocalKafkaStartException($"Kafka cannot listen on host '{host}' ({e.Message}): use an address of this machine", e);
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
            var remedy = e.SocketErrorCode == SocketError.AddressAlreadyInUse
                ? "stop the process that uses the port, or choose another port (0 selects any free one)"
                : "use an address and port of this machine";
            throw new LocalKafkaStartException($"Kafka cannot listen on {host}:{port} ({e.Message}): {remedy}", e);
        }
    }

    public void Start(Dispatcher dispatcher, LocalKafkaOptions options, ILogger logger)
    {
        _idle = options.TimeProvider.CreateTimer(_ => DropIdle(options.ConnectionsMaxIdle), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        ScheduleIdleCheck(options.ConnectionsMaxIdle);
        _accepting = Accept(dispatcher, options.TimeProvider, logger);
    }

    /// <summary>Call after <see cref="Drop"/>. Completes when all connection handlers have ended.</summary>
    public async Task Stopped()
    {
        await _accepting.ConfigureAwait(false);
        await Task.WhenAll(_connections.Values).ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>Stops accepting connections and drops all open ones at once.</summary>
    public void Drop()
    {
        _socket.Dispose();
        _stop.Cancel();
        _idle?.Dispose();
        foreach (var connection in _connections.Keys) connection.Dispose();
    }

    private void DropIdle(TimeSpan maxIdle)
    {
        foreach (var connection in _connections.Keys)
            if (connection.IdleTime >= maxIdle) connection.Dispose();
        if (!_stop.IsCancellationRequested) ScheduleIdleCheck(maxIdle);
    }

    // Because all connections are checked periodically, a request only has to read the clock. Connections may be idle a tenth longer than configured.
    private void ScheduleIdleCheck(TimeSpan maxIdle) => _idle!.Change(maxIdle / 10, Timeout.InfiniteTimeSpan);

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
                // The peer disconnected before it was accepted, or there are no file handles left. The next accept may succeed.
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
