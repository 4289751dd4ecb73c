using System.Buffers;
using System.IO.Compression;
using Cdp.Ingestion.Parsing;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Cdp.Ingestion.Receiving;

/// <summary>A request's body, inflated, in a pooled buffer.</summary>
public sealed class RequestBody(Admission admission) : IDisposable
{
    private const int FirstBuffer = 16 * 1024;

    private byte[] _buffer = [];
    private int _length;

    /// <summary>The bytes, without the byte order mark that some senders write.</summary>
    public ReadOnlyMemory<byte> Memory => _buffer.AsSpan(0, _length).StartsWith("\uFEFF"u8) ? _buffer.AsMemory(3, _length - 3) : _buffer.AsMemory(0, _length);

    /// <summary>The bytes as sent, which is what a sender signs.</summary>
    public ReadOnlyMemory<byte> Signed => _buffer.AsMemory(0, _length);

    /// <summary>Reads to the end, or to the limit: nothing is inflated beyond it.</summary>
    /// <returns>Why it is refused; null when it was read.</returns>
    /// <exception cref="IOException">The sender went away, or was too slow.</exception>
    public async ValueTask<Rejection?> ReadAsync(HttpRequest request, int limit, CancellationToken aborted)
    {
        if (request.ContentLength > limit) return Rejection.RequestTooLarge(limit);
        if (Open(request) is not { } stream) return Rejection.UnknownEncoding;
        // One byte more than is announced, so that the read that finds the end needs no larger buffer.
        var size = (int)Math.Min((request.ContentLength ?? FirstBuffer) + 1, FirstBuffer);
        try
        {
            while (true)
            {
                if (_length == _buffer.Length && !TryGrow(Math.Max(size, 2 * _length))) return Rejection.Unavailable;
                var read = await stream.ReadAsync(_buffer.AsMemory(_length), aborted);
                if (read == 0) return null;
                _length += read;
                if (_length > limit) return Rejection.RequestTooLarge(limit);
            }
        }
        catch (Exception e) when (stream != request.Body && e is InvalidDataException or InvalidOperationException or ZstdException or EndOfStreamException)
        {
            return Rejection.InvalidEncoding;
        }
        finally
        {
            if (stream != request.Body) await stream.DisposeAsync();
        }
    }

    public void Dispose()
    {
        if (_buffer.Length == 0) return;
        admission.Release(_buffer.Length);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    /// <summary>The body as it was before its sender compressed it; null where Content-Encoding names what we do not know.</summary>
    public static Stream? Open(HttpRequest request) => request.Headers.ContentEncoding.ToString() switch
    {
        "" or "identity" => request.Body,
        "gzip" or "x-gzip" => new GZipStream(request.Body, CompressionMode.Decompress, leaveOpen: true),
        "deflate" => new ZLibStream(request.Body, CompressionMode.Decompress, leaveOpen: true),
        "br" => new BrotliStream(request.Body, CompressionMode.Decompress, leaveOpen: true),
        "zstd" => OpenZstandard(request.Body),
        _ => null,
    };

    private static DecompressionStream OpenZstandard(Stream body)
    {
        var stream = new DecompressionStream(body, leaveOpen: true);
        // RFC 9659: a window of 8 MB is the most that HTTP may ask of a receiver.
        stream.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, 23);
        return stream;
    }

    private bool TryGrow(int size)
    {
        var larger = ArrayPool<byte>.Shared.Rent(size);
        if (!admission.TryReserve(larger.Length))
        {
            ArrayPool<byte>.Shared.Return(larger);
            return false;
        }
        _buffer.AsSpan(0, _length).CopyTo(larger);
        Dispose();
        _buffer = larger;
        return true;
    }
}
