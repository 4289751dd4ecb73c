using System.Buffers.Binary;

namespace Cdp.Functions.Workers;

/// <summary>Reads frames from a pipe.</summary>
internal sealed class FrameReader(Stream stream)
{
    private byte[] _buffer = new byte[64 << 10];
    private int _start;
    private int _end;

    /// <summary>The next frame without its length; null at the end of the pipe. It is valid until the next call.</summary>
    /// <exception cref="InvalidDataException">The length cannot be right.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync()
    {
        if (!await FillAsync(sizeof(int))) return null;
        var length = BinaryPrimitives.ReadInt32LittleEndian(_buffer.AsSpan(_start));
        if (length is < 2 or > Frame.MaxLength) throw new InvalidDataException($"a frame of {length} bytes");
        if (!await FillAsync(sizeof(int) + length)) return null;
        var frame = _buffer.AsMemory(_start + sizeof(int), length);
        _start += sizeof(int) + length;
        return frame;
    }

    private async ValueTask<bool> FillAsync(int count)
    {
        if (_end - _start >= count) return true;
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_buffer.Length < count) Array.Resize(ref _buffer, Math.Max(count, _buffer.Length * 2));
        while (_end < count)
        {
            var read = await stream.ReadAsync(_buffer.AsMemory(_end));
            if (read == 0) return false;
            _end += read;
        }
        return true;
    }
}
