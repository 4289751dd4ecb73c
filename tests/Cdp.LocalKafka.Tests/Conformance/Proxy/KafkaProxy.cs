using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Tests.Conformance.Proxy;

/// <summary>
/// A proxy between clients and any cluster, with one port per node. It applies to each request the <see cref="ProxyAction"/> that the test
/// chooses. Clients only ever see the proxy's addresses (<see cref="ResponseRewriter"/>); everything else is forwarded byte for byte.
/// </summary>
internal sealed class KafkaProxy : IAsyncDisposable
{
    private readonly Dictionary<DnsEndPoint, TcpListener> _listeners = [];
    private readonly ConcurrentDictionary<ApiKey, int> _seen = new();
    private readonly ConcurrentDictionary<long, Task> _connections = new();
    private readonly List<Task> _accepting = [];
    private readonly CancellationTokenSource _stop = new();
    private long _numbers;
    private int _interventions;

    public KafkaProxy(string bootstrap)
    {
        var first = bootstrap.Split(',')[0];
        var colon = first.LastIndexOf(':');
        Bootstrap = $"127.0.0.1:{PortOf(first[..colon], int.Parse(first[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture))}";
    }

    public string Bootstrap { get; }

    /// <summary>Chooses the action for a request from its API and its number within that API, counted from 1. Called by many connections at once.</summary>
    public Func<ApiKey, int, ProxyAction> Decide { get; set; } = (_, _) => ProxyAction.Forward;

    /// <summary>The number of requests that were not simply forwarded.</summary>
    public int Interventions => Volatile.Read(ref _interventions);

    /// <summary>The number of requests of an API that have arrived.</summary>
    public int Seen(ApiKey api) => _seen.GetValueOrDefault(api);

    /// <summary>The proxy's own port for a node.</summary>
    public int PortOf(string host, int port)
    {
        lock (_listeners)
        {
            var node = new DnsEndPoint(host, port);
            if (!_listeners.TryGetValue(node, out var listener))
            {
                _listeners[node] = listener = new TcpListener(IPAddress.Loopback, 0);
                listener.Start();
                _accepting.Add(Accept(listener, node));
            }
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
    }

    public ProxyAction ActionFor(ApiKey api)
    {
        var action = Decide(api, _seen.AddOrUpdate(api, 1, (_, count) => count + 1));
        if (action != ProxyAction.Forward) Interlocked.Increment(ref _interventions);
        return action;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        lock (_listeners)
            foreach (var listener in _listeners.Values) listener.Dispose();
        await Task.WhenAll([.. _accepting, .. _connections.Values]);
        _stop.Dispose();
    }

    private async Task Accept(TcpListener listener, DnsEndPoint node)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(_stop.Token);
                var number = Interlocked.Increment(ref _numbers);
                _connections[number] = Serve(client, node);
                _ = _connections[number].ContinueWith(_ => _connections.TryRemove(number, out Task? _), TaskScheduler.Default);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The proxy was disposed.
        }
    }

    private async Task Serve(TcpClient client, DnsEndPoint node)
    {
        using var connection = new ProxyConnection(this, client);
        await connection.Run(node, _stop.Token);
    }
}
