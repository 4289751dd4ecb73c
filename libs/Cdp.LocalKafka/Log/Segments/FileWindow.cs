using System.Buffers;
using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Protocol.Serialization;
using Microsoft.Win32.SafeHandles;

namespace Cdp.LocalKafka.Log.Segments;

/// <summary>A moving window over a segment file, so that reading many small batches takes few system calls.</summary>
internal sealed class FileWindow(SafeFileHandle file, long size, int ahead = 256 * 1024) : IDisposable
{
    private byte[] _buffer = [];
    private long _start;
    private int _length;

    /// <summary>
    /// Reads the batch at <paramref name="position"/>, either only its header or all of it. Returns false at the end of the file, or if there is no
    /// complete batch v2 at the position. The bytes are valid until the next call.
    /// </summary>
    public bool TryBatch(long position, bool wholeBatch, out BatchHeader header, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        header = default;
        if (size - position < BatchHeader.Size) return false;
        if (!BatchHeader.TryRead(Read(position, BatchHeader.Size), out header)) return false;
        if (header.Magic != 2 || header.Bytes > size - position || header.LastOffsetDelta < 0) return false;
        bytes = Read(position, wholeBatch ? header.Bytes : BatchHeader.Size);
        return true;
    }

    public void Dispose()
    {
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private ReadOnlySpan<byte> Read(long position, int count)
    {
        if (position < _start || position + count > _start + _length) Fill(position, count);
        return _buffer.AsSpan((int)(position - _start), count);
    }

    private void Fill(long position, int count)
    {
        var wanted = (int)Math.Min(Math.Max(count, ahead), size - position);
        if (_buffer.Length < wanted)
        {
            Dispose();
            _buffer = ArrayPool<byte>.Shared.Rent(wanted);
        }
        (_start, _length) = (position, new FileSlice(file, position, wanted).Read(0, _buffer));
    }
}
