using System.Buffers.Binary;
using System.Net.Sockets;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Tests.Support;

/// <summary>A connection that sends exactly the bytes that a test specifies.</summary>
internal sealed class RawClient(int port) : IDisposable
{
    private readonly TcpClient _client = new("127.0.0.1", port);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _client.Dispose();

    public async Task Send(byte[] bytes) => await _client.GetStream().WriteAsync(bytes, Cancel);

    public Task SendFrame(byte[] frame)
    {
        var bytes = new byte[4 + frame.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, frame.Length);
        frame.CopyTo(bytes, 4);
        return Send(bytes);
    }

    /// <summary>A request with a header of version 1 or, when flexible, 2.</summary>
    public static byte[] Request(ApiKey key, short version, int correlation, IWireFields body, bool flexible)
    {
        var header = new WireWriter(version, flexible: false);
        var (number, client) = ((short)key, (string?)"raw");
        header.Int16(ref number);
        header.Int16(ref version);
        header.Int32(ref correlation);
        header.NullableString(ref client);
        var rest = new WireWriter(version, flexible);
        rest.Tags();
        body.Describe(rest);
        return [.. header.Written.Span, .. rest.Written.Span];
    }

    /// <summary>Sends a request of a version that is not flexible and reads the response.</summary>
    public async Task<TResponse> Call<TResponse>(ApiKey key, short version, IWireFields request) where TResponse : IWireFields, new()
    {
        await SendFrame(Request(key, version, 0, request, flexible: false));
        var frame = await Receive() ?? throw new IOException("the broker closed the connection");
        var response = new TResponse();
        response.Describe(new WireReader(frame.AsMemory(sizeof(int)), version, flexible: false));
        return response;
    }

    /// <summary>Reads exactly this many bytes.</summary>
    public async Task<byte[]> Bytes(int count)
    {
        var bytes = new byte[count];
        await _client.GetStream().ReadExactlyAsync(bytes, Cancel);
        return bytes;
    }

    /// <summary>The next response's frame; null when the broker closed the connection.</summary>
    public async Task<byte[]?> Receive()
    {
        var length = new byte[4];
        try
        {
            if (await _client.GetStream().ReadAtLeastAsync(length, 4, throwOnEndOfStream: false, Cancel) < 4) return null;
            var frame = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
            await _client.GetStream().ReadExactlyAsync(frame, Cancel);
            return frame;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
