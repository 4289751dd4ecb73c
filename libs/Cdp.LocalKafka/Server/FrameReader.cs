using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using Cdp.LocalKafka.Protocol.Serialization;
using Cdp.LocalKafka.Requests;

namespace Cdp.LocalKafka.Server;

/// <summary>
/// Splits the bytes of a connection into frames, each with a four-byte length. The buffer grows with the bytes that arrive, not with the announced
/// length, so a client can only use as much memory as it sends bytes. Between frames there is no buffer.
/// </summary>
/// <param name="received">Called after each receipt of bytes.</param>
internal sealed class FrameReader(Socket socket, Action received) : IDisposable
{
    private const int FirstBuffer = 16 * 1024;

    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private int _taken;

    /// <summary>Returns the next frame, valid until the next call, or null if the peer has closed the connection.</summary>
    /// <exception cref="ProtocolException">The length is invalid, or the peer closed the connection inside a frame.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> Next(CancellationToken cancel)
    {
        _start += _taken;
        _taken = 0;
        if (_start == _end)
        {
            Dispose();
            // A zero-byte receive completes when data arrives, and needs no buffer until then.
            await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancel).ConfigureAwait(false);
            _buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        }
        if (!await Have(sizeof(int), cancel).ConfigureAwait(false))
            return _start == _end ? null : throw new ProtocolException("the connection ended inside the length of a frame");

        var size = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start));
        if (size is < 0 or > RequestHeader.MaxRequestBytes)
            throw new ProtocolException($"a frame of {size} bytes; the limit is {RequestHeader.MaxRequestBytes}");
        if (!await Have(sizeof(int) + size, cancel).ConfigureAwait(false)) throw new ProtocolException("the connection ended inside a frame");
        _taken = sizeof(int) + size;
        return _buffer.AsMemory(_start + sizeof(int), size);
    }

    public void Dispose()
    {
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _start, _end) = ([], 0, 0);
    }

    private async ValueTask<bool> Have(int wanted, CancellationToken cancel)
    {
        while (_end - _start < wanted)
        {
            if (_end == _buffer.Length) MakeRoom();
            var count = await socket.ReceiveAsync(_buffer.AsMemory(_end), SocketFlags.None, cancel).ConfigureAwait(false);
            if (count == 0) return false;
            received();
            _end += count;
        }
        return true;
    }

    private void MakeRoom()
    {
        var held = _end - _start;
        var target = held > _buffer.Length / 2 ? ArrayPool<byte>.Shared.Rent(_buffer.Length * 2) : _buffer;
        _buffer.AsSpan(_start, held).CopyTo(target);
        if (target != _buffer) ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _start, _end) = (target, 0, held);
    }
}
