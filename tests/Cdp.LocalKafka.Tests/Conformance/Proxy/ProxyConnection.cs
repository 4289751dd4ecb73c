using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Tests.Conformance.Proxy;

/// <summary>One client's connection and the matching one to the node. When either ends, or an action demands it, both are closed.</summary>
internal sealed class ProxyConnection(KafkaProxy proxy, TcpClient client) : IDisposable
{
    private readonly TcpClient _node = new() { NoDelay = true };
    private readonly ConcurrentDictionary<int, Pending> _pending = new();
    private int _copies;

    private sealed record Pending(ApiKey Api, short Version, ProxyAction Action, bool IsCopy);

    public async Task Run(DnsEndPoint node, CancellationToken stop)
    {
        client.NoDelay = true;
        try
        {
            await _node.ConnectAsync(node.Host, node.Port, stop);
            using var cut = stop.Register(Dispose);
            var (requests, answers) = (ForwardRequests(), ForwardResponses());
            await await Task.WhenAny(requests, answers);
            Dispose();
            await Task.WhenAll(requests, answers);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            // One side has closed; Dispose closes the other.
        }
    }

    public void Dispose()
    {
        client.Close();
        _node.Close();
    }

    private async Task ForwardRequests()
    {
        var (from, to) = (client.GetStream(), _node.GetStream());
        while (await Read(from) is { } frame)
        {
            var (api, version) = ((ApiKey)BinaryPrimitives.ReadInt16BigEndian(frame), BinaryPrimitives.ReadInt16BigEndian(frame.AsSpan(2)));
            var action = proxy.ActionFor(api);
            if (action.Kind == ProxyActionKind.DropRequest) return;
            _pending[BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(4))] = new Pending(api, version, action, IsCopy: false);
            await Write(to, frame);
            if (action.Kind != ProxyActionKind.Duplicate) continue;

            // The copy has a correlation id that no client reaches by counting, so that its response can be recognised.
            var correlation = int.MinValue + _copies++;
            BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), correlation);
            _pending[correlation] = new Pending(api, version, action, IsCopy: true);
            await Write(to, frame);
        }
    }

    private async Task ForwardResponses()
    {
        var (from, to) = (_node.GetStream(), client.GetStream());
        while (await Read(from) is { } frame)
        {
            if (!_pending.TryRemove(BinaryPrimitives.ReadInt32BigEndian(frame), out var request)) throw new IOException("a response without a request");
            if (request.IsCopy) continue;
            if (request.Action.Kind == ProxyActionKind.DropResponse) return;
            if (request.Action.Delay > TimeSpan.Zero) await Task.Delay(request.Action.Delay);
            await Write(to, ResponseRewriter.Rewrite(request.Api, request.Version, frame, proxy.PortOf));
        }
    }

    private static async Task<byte[]?> Read(NetworkStream from)
    {
        var length = new byte[4];
        if (await from.ReadAtLeastAsync(length, 4, throwOnEndOfStream: false) < 4) return null;
        var frame = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
        await from.ReadExactlyAsync(frame);
        return frame;
    }

    private static async Task Write(NetworkStream to, byte[] frame)
    {
        var bytes = new byte[4 + frame.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, frame.Length);
        frame.CopyTo(bytes, 4);
        await to.WriteAsync(bytes);
    }
}
