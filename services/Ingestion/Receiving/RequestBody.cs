using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using Cdp.Ingestion.Parsing;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Cdp.Ingestion.Receiving;

/// <summary>
/// The decompressed body of a request in a pooled buffer. Decompression starts when the compressed body has arrived completely. Otherwise a slow sender could
/// make the service allocate the window of a decompressor, megabytes for a few received bytes.
/// </summary>
public sealed class RequestBody(Admission admission) : IDisposable
{
    // Each level of compression costs as much work as the previous one.
    private const int MaxEncodings = 3;

    private byte[] _buffer = [];
    private int _length;

    /// <summary>The body without the byte order mark that some senders write.</summary>
    public ReadOnlyMemory<byte> Memory => _buffer.AsSpan(0, _length).StartsWith("\uFEFF"u8) ? _buffer.AsMemory(3, _length - 3) : _buffer.AsMemory(0, _length);

    /// <summary>The body including a byte order mark. These are the bytes that a sender signs.</summary>
    public ReadOnlyMemory<byte> Signed => _buffer.AsMemory(0, _length);

    /// <summary>
    /// Reads to the end or to the limit; nothing is received or decompressed beyond the limit. The request gives up its <see cref="AdmissionPlace"/> while it
    /// waits for the body.
    /// </summary>
    /// <returns>Why the request is refused; null if the body was read.</returns>
    /// <exception cref="IOException">The sender closed the connection or sent too slowly.</exception>
    public async ValueTask<Rejection?> ReadAsync(HttpRequest request, int limit, CancellationToken aborted)
    {
        if (request.ContentLength > limit) return Rejection.RequestTooLarge(limit);
        if (Encodings(request) is not { } encodings) return Rejection.UnknownEncoding;
        var place = GuardedRequest.Of(request.HttpContext).Place;
        place.Leave();
        // A request whose body took too long is refused without a place: if many time out at the same time, they must not block others.
        if (await ReceiveAsync(request, limit, aborted) is { } unread) return unread;
        if (!place.TryTake()) return Rejection.Unavailable;
        for (var i = encodings.Count - 1; i >= 0; i--)
        {
            if (Inflate(encodings[i], limit) is { } notInflated) return notInflated;
        }
        return null;
    }

    public void Dispose()
    {
        if (_buffer.Length == 0) return;
        admission.Release(_buffer.Length);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    /// <summary>A stream of the decompressed body; null if Content-Encoding names an unsupported encoding.</summary>
    public static Stream? Open(HttpRequest request) =>
        Encodings(request) is { } encodings ? encodings.Reverse().Aggregate(request.Body, (compressed, encoding) => Open(encoding, compressed)) : null;

    // The encodings in the order in which the sender applied them, without 'identity' (RFC 9110, 8.4). Null if one is unsupported or there are too many.
    private static IReadOnlyList<string>? Encodings(HttpRequest request)
    {
        if (request.Headers.ContentEncoding.Count == 0) return [];
        string[] encodings =
        [
            .. request.Headers.ContentEncoding.ToString().ToLowerInvariant()
                .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Where(encoding => encoding != "identity"),
        ];
        var areKnown = Array.TrueForAll(encodings, encoding => encoding is "gzip" or "x-gzip" or "deflate" or "br" or "zstd");
        return areKnown && encodings.Length <= MaxEncodings ? encodings : null;
    }

    private static Stream Open(string encoding, Stream compressed) => encoding switch
    {
        "gzip" or "x-gzip" => new GZipStream(compressed, CompressionMode.Decompress, leaveOpen: true),
        "deflate" => new ZLibStream(compressed, CompressionMode.Decompress, leaveOpen: true),
        "br" => new BrotliStream(compressed, CompressionMode.Decompress, leaveOpen: true),
        _ => OpenZstandard(compressed),
    };

    private static DecompressionStream OpenZstandard(Stream compressed)
    {
        var stream = new DecompressionStream(compressed, leaveOpen: true);
        // RFC 9659 limits the window of zstd in HTTP to 8 MB.
        stream.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, 23);
        return stream;
    }

    private async ValueTask<Rejection?> ReceiveAsync(HttpRequest request, int limit, CancellationToken aborted)
    {
        var reader = request.BodyReader;
        using var timeout = new CancellationTokenSource(admission.BodyTime);
        // The read is not cancelled with a token, because Kestrel could not discard the rest of the body after that.
        using var registration = timeout.Token.UnsafeRegister(static reader => ((PipeReader)reader!).CancelPendingRead(), reader);
        while (true)
        {
            var result = await reader.ReadAsync(aborted);
            var unread = Take(result, limit, request.ContentLength ?? 0);
            reader.AdvanceTo(result.Buffer.End);
            if (unread is not null || result.IsCompleted) return unread;
        }
    }

    private Rejection? Take(in ReadResult result, int limit, long announced)
    {
        if (result.IsCanceled) return Rejection.Unavailable;
        var length = _length + result.Buffer.Length;
        if (length > limit) return Rejection.RequestTooLarge(limit);
        if (length > _buffer.Length && !TryGrow((int)Math.Max(length, Math.Min(announced, Admission.FreeBuffer)))) return Rejection.Unavailable;
        result.Buffer.CopyTo(_buffer.AsSpan(_length));
        _length = (int)length;
        return null;
    }

    private Rejection? Inflate(string encoding, int limit)
    {
        using var received = new RequestBody(admission) { _buffer = _buffer, _length = _length };
        (_buffer, _length) = ([], 0);
        try
        {
            using var stream = Open(encoding, new MemoryStream(received._buffer, 0, received._length));
            while (true)
            {
                if (_length == _buffer.Length && !TryGrow(Admission.FreeBuffer)) return Rejection.Unavailable;
                var read = stream.Read(_buffer.AsSpan(_length));
                if (read == 0) return null;
                _length += read;
                if (_length > limit) return Rejection.RequestTooLarge(limit);
            }
        }
        // The whole body has arrived, so an error means invalid data, not a lost connection; zlib reports its errors as IOException.
        catch (Exception e) when (e is IOException or InvalidDataException or InvalidOperationException or ZstdException)
        {
            return Rejection.InvalidEncoding;
        }
    }

    private bool TryGrow(int minimum)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(minimum, 2 * _length));
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
