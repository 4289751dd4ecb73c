using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Cdp.Ingestion.Tests.Hardening;

/// <summary>
/// Makes requests of a seed: those of a grammar and those that SDKs were recorded to send, then mutated in what they say, in their bytes, in their
/// encodings, in their headers and in their framing. What is no SDK's endpoint is a line of <see cref="Others"/>.
/// </summary>
internal sealed class FuzzGenerator(int seed)
{
    private static readonly string[] SinglePaths = ["track", "t", "identify", "i", "page", "p", "screen", "s", "group", "g", "alias", "a", "merge"];
    private static readonly byte[] Suppressed = Encoding.UTF8.GetBytes(JsonGrammar.Suppressed);
    private static readonly string[] BatchPaths = ["/v1/batch", "/v1/b", "/v1/import", "/beacon/v1/batch"];
    private static readonly string[] Encodings = ["gzip", "deflate", "br", "zstd"];
    private static readonly string[] Strange = ["\0", "\r\n", "\n", "\r", " ", "\t", "\u00ff", ":", "HTTP/1.1", "GET / HTTP/1.1\r\n\r\n", "Transfer-Encoding: chunked\r\n", "Content-Length: 0\r\n", "%00", "../", "{", "\"", "99999999999999999999", "-1"];

    private static readonly List<(string Path, bool IsBatch, byte[] Body)> Samples =
    [
        .. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "samples"), "*.jsonl").Order(StringComparer.Ordinal).SelectMany(Sample.Read)
            .Where(sample => sample.Method == "POST" && sample.Body is not null)
            .Select(sample => (sample.Path.Split('?')[0], sample.Body!.ContainsKey("batch"), Encoding.UTF8.GetBytes(sample.Body!.ToJsonString()))),
    ];

    // Whatever is not one of the SDKs' endpoints for events, with how often of a thousand. A 200 of theirs does not tell which events were taken.
    private static readonly (int Weight, string Line)[] Others =
    [
        (10, "OPTIONS /v1/t"), (5, "GET /health/live"), (5, "GET /v1/track"), (5, "POST /v1/unknown"), (5, "POST /"), (5, "POST /v1/%74rack%00"), (5, "PUT /v1/batch"), (5, "PATCH /v1/b"), (5, "POST /v1//track"),
        (20, "POST /v1/webhook?writeKey=hook"), (5, "GET /v1/webhook?writeKey=hook&a=b"), (5, "GET /pixel/v1/track?writeKey=WK&userId=u"), (5, "GET /v1/pixel/page?data=eyJ1c2VySWQiOiJ1IiwgIndyaXRlS2V5IjoiV0sifQ=="), (5, "GET /v1/pixel/t?data=====&%ff"),
        (5, "GET /v1/projects/web/settings"), (5, "GET /sourceConfig/?writeKey=web"), (5, "PUT /v1/projects/web/anonymousId"), (5, "POST /v1/m"), (1, "POST /v1/import/file?format=ndjson&fileId=n"), (1, "POST /v1/import/file?format=csv&fileId=c"), (1, "POST /v1/import/file?format=parquet&fileId=p"), (5, "GET /openapi/v1.json"), (5, "POST /rsaMetrics"),
    ];

    /// <summary>What every request's trace is named by, so that the records it left are found.</summary>
    /// <summary>Names a request. A digit that a mutation changes makes it nobody's.</summary>
    public string TraceOf(int index) => $"f{seed & 0xffffff:x6}{index:x8}{HashOf(seed, index) & 0xffffffff:x8}000000001";

    public FuzzRequest Make(int index)
    {
        var random = new Random(HashOf(seed, index));
        return random.Next(1000) switch
        {
            < 300 => Plain(index, random, FuzzKind.Valid),
            < 550 => Plain(index, random, FuzzKind.Odd),
            < 800 => Plain(index, random, FuzzKind.Mutated),
            < 900 => Plain(index, random, FuzzKind.Encoded),
            _ => Broken(index, random),
        };
    }

    private FuzzRequest Plain(int index, Random random, FuzzKind kind, Ending ending = Ending.Open)
    {
        var request = new FuzzRequest(index, kind) { Ending = ending };
        // Of a file that is uploaded twice at one time, one waits for the other's end.
        var line = Other(random, kind)?.Replace("fileId=", $"fileId={index}", StringComparison.Ordinal);
        request.Collects = line is null;
        var path = Content(request, random);
        line ??= "POST " + path;
        var body = request.Body!;
        request.MaySuppress = body.AsSpan().Count(Suppressed);
        var headers = new StringBuilder(line).Append(line.Contains('?') ? "" : Query(random, kind)).Append(" HTTP/1.1\r\nHost: x\r\ntraceparent: 00-").Append(TraceOf(index)).Append("-00f067aa0ba902b7-01\r\n");
        AddHeaders(headers, random, kind);
        if (kind == FuzzKind.Encoded || random.Next(5) == 0) body = Encode(request, headers, random, body);
        request.Pieces.AddRange(Frame(headers, random, body));
        return request;
    }

    private static string? Other(Random random, FuzzKind kind)
    {
        if (kind is FuzzKind.Valid) return null;
        var pick = random.Next(1000);
        foreach (var (weight, line) in Others)
        {
            if ((pick -= weight) < 0) return line;
        }
        return null;
    }

    // The body, and the path that it goes to.
    private static string Content(FuzzRequest request, Random random)
    {
        var wildness = request.Kind switch { FuzzKind.Odd => 30, FuzzKind.Valid or FuzzKind.Encoded => 0, _ => random.Next(2) * 10 };
        string path;
        if (random.Next(8) == 0)
        {
            (path, request.IsBatch, request.Body) = Samples[random.Next(Samples.Count)];
        }
        else
        {
            var grammar = new JsonGrammar(random, $"m{request.Index}");
            request.IsBatch = random.Next(4) == 0;
            var single = SinglePaths[random.Next(SinglePaths.Length)];
            path = request.IsBatch ? BatchPaths[random.Next(BatchPaths.Length)] : "/v1/" + single;
            var json = request.IsBatch ? grammar.Batch(random.Next(1, random.Next(50) == 0 ? 100 : 6), wildness) : grammar.Event(single == "merge" ? "merge" : null, wildness);
            request.Body = single == "merge" && request.Kind == FuzzKind.Valid && !request.IsBatch && !json.Contains("mergeProperties", StringComparison.Ordinal)
                ? Encoding.UTF8.GetBytes(json[..^1] + ""","mergeProperties":[{"type":"email","value":"a@b.c"},{"type":"mobile","value":"+1"}]}""")
                : Encoding.UTF8.GetBytes(json);
        }
        // The same body where another shape is expected.
        if (request.Kind != FuzzKind.Valid && random.Next(40) == 0) (path, request.IsBatch) = request.IsBatch ? ("/v1/track", false) : ("/v1/batch", true);
        if (request.Kind == FuzzKind.Mutated) request.Body = ByteMutations.Mutate(request.Body, random);
        if (request.Kind == FuzzKind.Odd && random.Next(200) == 0) request.Body = random.Next(4) switch
        {
            0 => [],
            1 => [0xef, 0xbb, 0xbf, .. request.Body],
            2 => Encoding.Unicode.GetBytes(Encoding.UTF8.GetString(request.Body)),
            _ => [.. request.Body, .. new byte[5_000_000]],
        };
        return path;
    }

    private static string Query(Random random, FuzzKind kind) => kind == FuzzKind.Valid ? "" : random.Next(60) switch
    {
        0 => "?writeKey=WK",
        1 => "?writeKey=other",
        2 => "?writeKey=",
        3 => "?writeKey=WK&writeKey=WK",
        4 => "?%00=%ff&writeKey=%57K",
        5 => "?" + new string('a', random.Next(9000)),
        _ => "",
    };

    private static void AddHeaders(StringBuilder headers, Random random, FuzzKind kind)
    {
        if (kind == FuzzKind.Valid)
        {
            headers.Append("Authorization: Basic V0s6\r\nContent-Type: application/json\r\n");
            return;
        }
        headers.Append(random.Next(60) switch
        {
            0 => "",
            1 => "Authorization: Basic T0ZGOg==\r\n",
            2 => "Authorization: Basic b3RoZXI6\r\n",
            3 => "Authorization: Bearer x\r\n",
            4 => "Authorization: Basic ====\r\n",
            5 => "Authorization: Basic \r\n",
            6 => $"Authorization: Basic {new string('A', random.Next(20_000))}\r\n",
            7 => "Authorization: Basic V0s6\r\nAuthorization: Basic V0s6\r\n",
            8 => "Authorization: Basic d2ViOg==\r\nOrigin: https://other.example\r\n", // from pages of another origin than the source's
            9 => "Authorization: Basic aG9vazo=\r\n", // webhooks only
            10 => "Authorization: Basic c2xvdzo=\r\n", // over its rate
            11 => "authorization: basic V0s6cGFzc3dvcmQ=\r\n",
            _ => "Authorization: Basic V0s6\r\n",
        });
        for (var i = random.Next(3); i > 0; i--)
        {
            headers.Append(random.Next(16) switch
            {
                0 => "Origin: https://shop.example\r\n",
                1 => "Origin: \u00fc\u00ff{}\r\n",
                2 => "Accept: text/plain\r\n",
                3 => "X-Forwarded-For: 1.2.3.4, \"]\", ::1\r\n",
                4 => "Content-Type: text/plain;charset=utf-16\r\n",
                5 => "Content-Type: application/x-www-form-urlencoded\r\n",
                6 => "X-Retry-Count: 99999999999999999999\r\n",
                7 => "AnonymousId: \u00ff=\r\n",
                8 => $"Cookie: {new string('c', random.Next(10_000))}\r\n",
                9 => "Expect: 100-continue\r\n",
                10 => "Content-Type: \r\n",
                11 => "Accept-Encoding: gzip;q=0, *;q=banana\r\n",
                12 => "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization\r\n",
                13 => "Connection: close\r\n",
                14 => "baggage: ,,;==\r\n",
                _ => $"X-{random.Next(1000)}: {random.NextDouble().ToString(CultureInfo.InvariantCulture)}\r\n",
            });
        }
    }

    private static byte[] Encode(FuzzRequest request, StringBuilder headers, Random random, byte[] body)
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

    private static List<byte[]> Frame(StringBuilder headers, Random random, byte[] body)
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
            framed.Write(Encoding.ASCII.GetBytes(size.ToString(random.Next(2) == 0 ? "x" : "X4", CultureInfo.InvariantCulture) + (random.Next(9) == 0 ? ";e=\"1\"\r\n" : "\r\n")));
            framed.Write(body.AsSpan(at, size));
            framed.Write("\r\n"u8);
            at += size;
        }
        framed.Write(random.Next(5) == 0 ? "0\r\nTrailer: x\r\n\r\n"u8 : "0\r\n\r\n"u8);
        var bytes = framed.ToArray();
        var cut = random.Next(bytes.Length);
        return [bytes[..cut], bytes[cut..]];
    }

    // The bytes of a whole request, spoilt.
    private FuzzRequest Broken(int index, Random random)
    {
        var whole = Plain(index, random, random.Next(2) == 0 ? FuzzKind.Valid : FuzzKind.Odd);
        var bytes = whole.Pieces.SelectMany(piece => piece).ToArray();
        switch (random.Next(8))
        {
            case 0:
                bytes = bytes[..random.Next(bytes.Length)];
                break;
            case 1:
                bytes = ByteMutations.Mutate(bytes, random);
                break;
            case 2:
                bytes = Replace(bytes, "Content-Length: ", "Content-Length: " + random.Next(10).ToString(CultureInfo.InvariantCulture));
                break;
            case 3:
                bytes = Replace(bytes, "Content-Length: ", Strange[random.Next(Strange.Length)]);
                break;
            case 4:
                bytes = Replace(bytes, "Host: x\r\n", random.Next(3) switch { 0 => "Transfer-Encoding: chunked\r\nHost: x\r\n", 1 => "", _ => "Content-Length: 5\r\nContent-Length: 6\r\nHost: x\r\n" });
                break;
            case 5:
                var strange = Encoding.Latin1.GetBytes(Strange[random.Next(Strange.Length)]);
                var at = random.Next(Math.Min(bytes.Length, 300));
                bytes = [.. bytes[..at], .. strange, .. bytes[at..]];
                break;
            case 6:
                bytes = new byte[random.Next(1, 2000)];
                random.NextBytes(bytes);
                break;
            default:
                // Whole, but the sender goes at once.
                break;
        }
        var cut = random.Next(bytes.Length + 1);
        // A spoilt path may lead to where an SDK's own metrics are taken.
        var collects = whole.Collects && bytes.AsSpan().IndexOf("/v1/m "u8) < 0 && bytes.AsSpan().IndexOf("/v1/m?"u8) < 0;
        var request = new FuzzRequest(index, FuzzKind.Broken) { Ending = random.Next(3) == 0 ? Ending.Aborted : Ending.HalfClosed, IsBatch = whole.IsBatch, MaySuppress = whole.MaySuppress, Collects = collects };
        request.Pieces.AddRange([bytes[..cut], bytes[cut..]]);
        return request;
    }

    private static byte[] Replace(byte[] bytes, string what, string by)
    {
        var at = bytes.AsSpan().IndexOf(Encoding.Latin1.GetBytes(what));
        return at < 0 ? bytes : [.. bytes[..at], .. Encoding.Latin1.GetBytes(by), .. bytes[(at + what.Length)..]];
    }

    // Null: it is not in that encoding.
    private static byte[]? Inflate(byte[] encoded, string encoding)
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

    // HashCode is not the same in two processes.
    private static int HashOf(int seed, int index)
    {
        var mixed = ((ulong)(uint)seed << 32 | (uint)index) * 0x9E3779B97F4A7C15;
        return (int)((mixed ^ (mixed >> 29)) * 0xBF58476D1CE4E5B9 >> 33);
    }
}
