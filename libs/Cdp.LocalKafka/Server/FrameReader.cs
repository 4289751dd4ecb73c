using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Server;

/// <summary>
/// Cuts a connection's bytes into frames: four bytes of length, then as many. The buffer grows with what has arrived, not with what
/// a length announces, so a peer pays in bytes for the memory it takes; between two frames there is none.
/// </summary>
/// <param name="received">Told of each arrival of bytes.</param>
internal sealed class FrameReader(Socket socket, Action received) : IDisposable
{
    /// <summary>Kafka's default socket.request.max.bytes.</summary>
    public const int MaxFrame = 100 * 1024 * 1024;

    private const int FirstBuffer = 16 * 1024;

    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private int _taken;

    /// <summary>The next frame, valid until the next call; null when the peer has closed.</summary>
    /// <exception cref="ProtocolException">The length is impossible, or the peer closed inside a frame.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> Next(CancellationToken cancel)
    {
        _start += _taken;
        _taken = 0;
        if (_start == _end)
        {
            Dispose();
            // A receive of no bytes completes when there are some, and holds no buffer meanwhile.
            await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancel).ConfigureAwait(false);
            _buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        }
        if (!await Have(sizeof(int), cancel).ConfigureAwait(false))
            return _start == _end ? null : throw new ProtocolException("the connection ended inside a frame's length");

        var size = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start));
        if (size is < 0 or > MaxFrame) throw new ProtocolException($"a frame of {size} bytes; the most is {MaxFrame}");
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
