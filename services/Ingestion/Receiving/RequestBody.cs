using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using Cdp.Ingestion.Parsing;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Cdp.Ingestion.Receiving;

/// <summary>
/// A request's body, inflated, in a pooled buffer. It is inflated only once it is there as a whole, so that no sender makes us hold the window of a
/// decompressor, megabytes that a few bytes ask for, while it takes its time.
/// </summary>
public sealed class RequestBody(Admission admission) : IDisposable
{
    private byte[] _buffer = [];
    private int _length;

    /// <summary>The bytes, without the byte order mark that some senders write.</summary>
    public ReadOnlyMemory<byte> Memory => _buffer.AsSpan(0, _length).StartsWith("\uFEFF"u8) ? _buffer.AsMemory(3, _length - 3) : _buffer.AsMemory(0, _length);

    /// <summary>The bytes as sent, which is what a sender signs.</summary>
    public ReadOnlyMemory<byte> Signed => _buffer.AsMemory(0, _length);

    /// <summary>Reads to the end, or to the limit: nothing is received or inflated beyond it. While it waits, the request holds no place among the admitted.</summary>
    /// <returns>Why it is refused; null when it was read.</returns>
    /// <exception cref="IOException">The sender went away, or was too slow.</exception>
    public async ValueTask<Rejection?> ReadAsync(HttpRequest request, int limit, CancellationToken aborted)
    {
        if (request.ContentLength > limit) return Rejection.RequestTooLarge(limit);
        var encoding = Encoding(request);
        if (encoding is not ("" or "identity" or "gzip" or "x-gzip" or "deflate" or "br" or "zstd")) return Rejection.UnknownEncoding;
        Rejection? unread;
        bool isAdmitted;
        admission.Leave();
        try
        {
            unread = await ReceiveAsync(request, limit, aborted);
        }
        finally
        {
            // The gate lets every request leave once more.
            isAdmitted = admission.Return();
        }
        if (unread is not null) return unread;
        if (!isAdmitted) return Rejection.Unavailable;
        return encoding is "" or "identity" ? null : Inflate(encoding, limit);
    }

    public void Dispose()
    {
        if (_buffer.Length == 0) return;
        admission.Release(_buffer.Length);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    /// <summary>The body as it was before its sender compressed it; null where Content-Encoding names what we do not know.</summary>
    public static Stream? Open(HttpRequest request) => Open(Encoding(request), request.Body);

    // RFC 9110: the names of encodings know no case.
    private static string Encoding(HttpRequest request) => request.Headers.ContentEncoding.ToString().ToLowerInvariant();

    private static Stream? Open(string encoding, Stream compressed) => encoding switch
    {
        "" or "identity" => compressed,
        "gzip" or "x-gzip" => new GZipStream(compressed, CompressionMode.Decompress, leaveOpen: true),
        "deflate" => new ZLibStream(compressed, CompressionMode.Decompress, leaveOpen: true),
        "br" => new BrotliStream(compressed, CompressionMode.Decompress, leaveOpen: true),
        "zstd" => OpenZstandard(compressed),
        _ => null,
    };

    private static DecompressionStream OpenZstandard(Stream compressed)
    {
        var stream = new DecompressionStream(compressed, leaveOpen: true);
        // RFC 9659: a window of 8 MB is the most that HTTP may ask of a receiver.
        stream.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, 23);
        return stream;
    }

    private async ValueTask<Rejection?> ReceiveAsync(HttpRequest request, int limit, CancellationToken aborted)
    {
        var reader = request.BodyReader;
        using var inTime = new CancellationTokenSource(admission.BodyTime);
        // Not by the read's own token: Kestrel cannot pass over the rest of a body after that.
        using var cut = inTime.Token.UnsafeRegister(static reader => ((PipeReader)reader!).CancelPendingRead(), reader);
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
            using var stream = Open(encoding, new MemoryStream(received._buffer, 0, received._length))!;
            while (true)
            {
                if (_length == _buffer.Length && !TryGrow(Admission.FreeBuffer)) return Rejection.Unavailable;
                var read = stream.Read(_buffer.AsSpan(_length));
                if (read == 0) return null;
                _length += read;
                if (_length > limit) return Rejection.RequestTooLarge(limit);
            }
        }
        // All of it is here, so that what fails is no sender who goes away but what the sender sent; zlib's own errors are IOExceptions.
        catch (Exception e) when (e is IOException or InvalidDataException or InvalidOperationException or ZstdException)
        {
            return Rejection.InvalidEncoding;
        }
    }

    private bool TryGrow(int least)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(least, 2 * _length));
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
