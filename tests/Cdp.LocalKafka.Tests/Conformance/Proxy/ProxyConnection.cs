using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Tests.Conformance.Proxy;

/// <summary>One client's connection and its twin to the node. When either ends, or a fate says so, both are cut.</summary>
internal sealed class ProxyConnection(KafkaProxy proxy, TcpClient client) : IDisposable
{
    private readonly TcpClient _node = new() { NoDelay = true };
    private readonly ConcurrentDictionary<int, Pending> _pending = new();
    private int _copies;

    private sealed record Pending(ApiKey Api, short Version, Fate Fate, bool IsCopy);

    public async Task Run(DnsEndPoint node, CancellationToken stop)
    {
        client.NoDelay = true;
        try
        {
            await _node.ConnectAsync(node.Host, node.Port, stop);
            using var cut = stop.Register(Dispose);
            var (requests, answers) = (PassRequests(), PassAnswers());
            await await Task.WhenAny(requests, answers);
            Dispose();
            await Task.WhenAll(requests, answers);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            // One of the two has gone: the other is cut by Dispose.
        }
    }

    public void Dispose()
    {
        client.Close();
        _node.Close();
    }

    private async Task PassRequests()
    {
        var (from, to) = (client.GetStream(), _node.GetStream());
        while (await Read(from) is { } frame)
        {
            var (api, version) = ((ApiKey)BinaryPrimitives.ReadInt16BigEndian(frame), BinaryPrimitives.ReadInt16BigEndian(frame.AsSpan(2)));
            var fate = proxy.FateOf(api);
            if (fate.Kind == FateKind.DropBefore) return;
            _pending[BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(4))] = new Pending(api, version, fate, IsCopy: false);
            await Write(to, frame);
            if (fate.Kind != FateKind.Duplicate) continue;

            // The copy has a correlation id that no client counts up to, by which its answer is known.
            var correlation = int.MinValue + _copies++;
            BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), correlation);
            _pending[correlation] = new Pending(api, version, fate, IsCopy: true);
            await Write(to, frame);
        }
    }

    private async Task PassAnswers()
    {
        var (from, to) = (_node.GetStream(), client.GetStream());
        while (await Read(from) is { } frame)
        {
            if (!_pending.TryRemove(BinaryPrimitives.ReadInt32BigEndian(frame), out var request)) throw new IOException("an answer to nothing that was asked");
            if (request.IsCopy) continue;
            if (request.Fate.Kind == FateKind.LoseAnswer) return;
            if (request.Fate.Delay > TimeSpan.Zero) await Task.Delay(request.Fate.Delay);
            await Write(to, Answers.Rewritten(request.Api, request.Version, frame, proxy.PortOf));
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
