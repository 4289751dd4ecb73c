using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Cdp.Ingestion.Tests.Hardening.Fuzzing;

/// <summary>The content encoding and the framing of generated requests.</summary>
internal static class FuzzEncoding
{
    private static readonly string[] Encodings = ["gzip", "deflate", "br", "zstd"];

    /// <summary>Compresses a body, and names the encoding in the headers. For a request of kind Encoded, body and encoding may not match.</summary>
    public static byte[] Encode(FuzzRequest request, StringBuilder headers, Random random, byte[] body)
    {
        var encoding = Encodings[random.Next(Encodings.Length)];
        var encoded = Compressed.Of(body, encoding);
        if (request.Kind == FuzzKind.Encoded)
        {
            switch (random.Next(7))
            {
                case 0:
                    encoded = Compressed.Of(encoded, encoding);
                    encoding = $"{encoding}, {encoding}";
                    break;
                case 1:
                    encoded = Compressed.Of(encoded, encoding);
                    break;
                case 2:
                    encoding = Encodings[random.Next(Encodings.Length)];
                    break;
                case 3:
                    encoding = random.Next(6) switch { 0 => "compress", 1 => "", 2 => "GZIP", 3 => "identity", 4 => "gzip;q=1", _ => "x-gzip" };
                    break;
                case 4:
                    encoded = [.. encoded, .. random.Next(2) == 0 ? encoded : new byte[random.Next(100)]];
                    break;
                default:
                    encoded = ByteMutations.Mutate(encoded, random);
                    break;
            }
            request.Body = Inflate(encoded, encoding);
        }
        headers.Append("Content-Encoding: ").Append(encoding).Append("\r\n");
        return encoded;
    }

    /// <summary>Puts headers and body together, with a Content-Length or in chunks, and divides them into the pieces to send.</summary>
    public static List<byte[]> Frame(StringBuilder headers, Random random, byte[] body)
    {
        if (random.Next(6) > 0)
        {
            headers.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n\r\n");
            return [[.. Encoding.Latin1.GetBytes(headers.ToString()), .. body]];
        }
        headers.Append("Transfer-Encoding: chunked\r\n\r\n");
        using var framed = new MemoryStream();
        framed.Write(Encoding.Latin1.GetBytes(headers.ToString()));
        for (var at = 0; at < body.Length;)
        {
            var size = Math.Min(body.Length - at, body.Length > 10_000 ? random.Next(1, 100_000) : random.Next(1, 500));
            framed.Write(
                Encoding.ASCII.GetBytes(
                    size.ToString(random.Next(2) == 0 ? "x" : "X4", CultureInfo.InvariantCulture) + (random.Next(9) == 0 ? ";e=\"1\"\r\n" : "\r\n")));
            framed.Write(body.AsSpan(at, size));
            framed.Write("\r\n"u8);
            at += size;
        }
        framed.Write(random.Next(5) == 0 ? "0\r\nTrailer: x\r\n\r\n"u8 : "0\r\n\r\n"u8);
        var bytes = framed.ToArray();
        var cut = random.Next(bytes.Length);
        return [bytes[..cut], bytes[cut..]];
    }

    // Undoes the encodings, which are listed in the order in which they were applied. Null if the bytes are invalid in one of them.
    private static byte[]? Inflate(byte[] encoded, string encodings) =>
        encodings.Split(", ").AsEnumerable().Reverse().Aggregate((byte[]?)encoded, (bytes, encoding) => bytes is null ? null : InflateOnce(bytes, encoding));

    private static byte[]? InflateOnce(byte[] encoded, string encoding)
    {
        using var inflated = new MemoryStream();
        try
        {
            using Stream? stream = encoding.ToLowerInvariant() switch
            {
                "" or "identity" => new MemoryStream(encoded),
                "gzip" or "x-gzip" => new GZipStream(new MemoryStream(encoded), CompressionMode.Decompress),
                "deflate" => new ZLibStream(new MemoryStream(encoded), CompressionMode.Decompress),
                "br" => new BrotliStream(new MemoryStream(encoded), CompressionMode.Decompress),
                "zstd" => new ZstdSharp.DecompressionStream(new MemoryStream(encoded)),
                _ => null,
            };
            if (stream is null) return null;
            stream.CopyTo(inflated);
            return inflated.ToArray();
        }
        catch (Exception e) when (e is IOException or InvalidDataException or InvalidOperationException or ZstdSharp.ZstdException)
        {
            return null;
        }
    }
}
