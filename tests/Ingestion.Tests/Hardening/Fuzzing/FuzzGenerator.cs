using System.Globalization;
using System.Text;

namespace Cdp.Ingestion.Tests.Hardening.Fuzzing;

/// <summary>
/// Generates requests from a seed. Their bodies come from a grammar or from recorded SDK requests. Then content, bytes, encoding, headers and framing are
/// mutated. Some requests go to endpoints other than those of the SDKs (<see cref="OtherEndpoints"/>).
/// </summary>
internal sealed class FuzzGenerator(int seed)
{
    private static readonly string[] SinglePaths = ["track", "t", "identify", "i", "page", "p", "screen", "s", "group", "g", "alias", "a", "merge"];
    private static readonly byte[] Suppressed = Encoding.UTF8.GetBytes(JsonGrammar.Suppressed);
    private static readonly string[] BatchPaths = ["/v1/batch", "/v1/b", "/v1/import", "/beacon/v1/batch"];
    private static readonly string[] StrangeTexts =
    [
        "\0", "\r\n", "\n", "\r", " ", "\t", "\u00ff", ":", "HTTP/1.1", "GET / HTTP/1.1\r\n\r\n", "Transfer-Encoding: chunked\r\n", "Content-Length: 0\r\n",
        "%00", "../", "{", "\"", "99999999999999999999", "-1",
    ];

    private static readonly List<(string Path, bool IsBatch, byte[] Body)> RecordedBodies =
    [
        .. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "samples"), "*.jsonl").Order(StringComparer.Ordinal).SelectMany(SdkRequest.Read)
            .Where(request => request.Method == "POST" && request.Body is not null)
            .Select(request => (request.Path.Split('?')[0], request.Body!.ContainsKey("batch"), Encoding.UTF8.GetBytes(request.Body!.ToJsonString()))),
    ];

    // Requests to endpoints other than those of the SDKs, each with its share per thousand. Their 200 does not say which events were accepted.
    private static readonly (int PerMille, string Line)[] OtherEndpoints =
    [
        (10, "OPTIONS /v1/t"), (5, "GET /health/live"), (5, "GET /v1/track"), (5, "POST /v1/unknown"), (5, "POST /"),
        (5, "POST /v1/%74rack%00"), (5, "PUT /v1/batch"), (5, "PATCH /v1/b"), (5, "POST /v1//track"),
        (20, "POST /v1/webhook?writeKey=hook"), (5, "GET /v1/webhook?writeKey=hook&a=b"),
        (5, "GET /pixel/v1/track?writeKey=WK&userId=u"), (5, "GET /v1/pixel/t?data=====&%ff"),
        (5, "GET /v1/pixel/page?data=eyJ1c2VySWQiOiJ1IiwgIndyaXRlS2V5IjoiV0sifQ=="),
        (5, "GET /v1/projects/web/settings"), (5, "GET /sourceConfig/?writeKey=web"), (5, "PUT /v1/projects/web/anonymousId"), (5, "POST /v1/m"),
        (1, "POST /v1/import/file?format=ndjson&fileId=n"), (1, "POST /v1/import/file?format=csv&fileId=c"),
        (1, "POST /v1/import/file?format=parquet&fileId=p"), (5, "GET /openapi/v1.json"), (5, "POST /rsaMetrics"),
    ];

    /// <summary>
    /// The trace id of a request, which identifies the records of the request. It contains a hash, so that a mutated trace id belongs to no request.
    /// </summary>
    public string TraceOf(int index) => $"f{seed & 0xffffff:x6}{index:x8}{HashOf(seed, index) & 0xffffffff:x8}000000001";

    public FuzzRequest Make(int index)
    {
        var random = new Random(HashOf(seed, index));
        return random.Next(1000) switch
        {
            < 300 => MakeWellFormed(index, random, FuzzKind.Valid),
            < 550 => MakeWellFormed(index, random, FuzzKind.Odd),
            < 800 => MakeWellFormed(index, random, FuzzKind.Mutated),
            < 900 => MakeWellFormed(index, random, FuzzKind.Encoded),
            _ => MakeBroken(index, random),
        };
    }

    private FuzzRequest MakeWellFormed(int index, Random random, FuzzKind kind)
    {
        var request = new FuzzRequest(index, kind) { Ending = Ending.Open };
        // Each upload has its own file, because one of two simultaneous uploads of the same file would wait for the other.
        var line = PickOtherEndpoint(random, kind)?.Replace("fileId=", $"fileId={index}", StringComparison.Ordinal);
        request.Collects = line is null;
        var path = WriteBody(request, random);
        line ??= "POST " + path;
        var body = request.Body!;
        request.MaySuppress = body.AsSpan().Count(Suppressed);
        var headers = new StringBuilder(line)
            .Append(line.Contains('?') ? "" : FuzzHeaders.Query(random, kind))
            .Append(" HTTP/1.1\r\nHost: x\r\ntraceparent: 00-")
            .Append(TraceOf(index))
            .Append("-00f067aa0ba902b7-01\r\n");
        FuzzHeaders.Append(headers, random, kind);
        if (kind == FuzzKind.Encoded || random.Next(5) == 0) body = FuzzEncoding.Encode(request, headers, random, body);
        request.Pieces.AddRange(FuzzEncoding.Frame(headers, random, body));
        return request;
    }

    private static string? PickOtherEndpoint(Random random, FuzzKind kind)
    {
        if (kind is FuzzKind.Valid) return null;
        var pick = random.Next(1000);
        foreach (var (perMille, line) in OtherEndpoints)
        {
            if ((pick -= perMille) < 0) return line;
        }
        return null;
    }

    /// <summary>Sets the body of the request, and returns the path that the body is meant for.</summary>
    private static string WriteBody(FuzzRequest request, Random random)
    {
        var oddPerMille = request.Kind switch { FuzzKind.Odd => 30, FuzzKind.Valid or FuzzKind.Encoded => 0, _ => random.Next(2) * 10 };
        string path;
        if (random.Next(8) == 0)
        {
            (path, request.IsBatch, request.Body) = RecordedBodies[random.Next(RecordedBodies.Count)];
        }
        else
        {
            var grammar = new JsonGrammar(random, $"m{request.Index}");
            request.IsBatch = random.Next(4) == 0;
            var single = SinglePaths[random.Next(SinglePaths.Length)];
            path = request.IsBatch ? BatchPaths[random.Next(BatchPaths.Length)] : "/v1/" + single;
            var json = request.IsBatch
                ? grammar.Batch(random.Next(1, random.Next(50) == 0 ? 100 : 6), oddPerMille)
                : grammar.Event(single == "merge" ? "merge" : null, oddPerMille);
            request.Body = single == "merge"
                && request.Kind == FuzzKind.Valid
                && !request.IsBatch
                && !json.Contains("mergeProperties", StringComparison.Ordinal)
                ? Encoding.UTF8.GetBytes(json[..^1] + ""","mergeProperties":[{"type":"email","value":"a@b.c"},{"type":"mobile","value":"+1"}]}""")
                : Encoding.UTF8.GetBytes(json);
        }
        // The same body sent to an endpoint that expects another shape.
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

    /// <summary>A request with bytes changed anywhere, or one that ends too early.</summary>
    private FuzzRequest MakeBroken(int index, Random random)
    {
        var whole = MakeWellFormed(index, random, random.Next(2) == 0 ? FuzzKind.Valid : FuzzKind.Odd);
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
                bytes = Replace(bytes, "Content-Length: ", StrangeTexts[random.Next(StrangeTexts.Length)]);
                break;
            case 4:
                bytes = Replace(
                    bytes,
                    "Host: x\r\n",
                    random.Next(3) switch
                    {
                        0 => "Transfer-Encoding: chunked\r\nHost: x\r\n",
                        1 => "",
                        _ => "Content-Length: 5\r\nContent-Length: 6\r\nHost: x\r\n",
                    });
                break;
            case 5:
                var strange = Encoding.Latin1.GetBytes(StrangeTexts[random.Next(StrangeTexts.Length)]);
                var at = random.Next(Math.Min(bytes.Length, 300));
                bytes = [.. bytes[..at], .. strange, .. bytes[at..]];
                break;
            case 6:
                bytes = new byte[random.Next(1, 2000)];
                random.NextBytes(bytes);
                break;
            default:
                // The request is complete, but its sender disconnects.
                break;
        }
        var cut = random.Next(bytes.Length + 1);
        // A mutated path may happen to be that of the SDKs' own metrics.
        var collects = whole.Collects && bytes.AsSpan().IndexOf("/v1/m "u8) < 0 && bytes.AsSpan().IndexOf("/v1/m?"u8) < 0;
        var request = new FuzzRequest(index, FuzzKind.Broken)
        {
            Ending = random.Next(3) == 0 ? Ending.Aborted : Ending.HalfClosed,
            IsBatch = whole.IsBatch,
            MaySuppress = whole.MaySuppress,
            Collects = collects,
        };
        request.Pieces.AddRange([bytes[..cut], bytes[cut..]]);
        return request;
    }

    private static byte[] Replace(byte[] bytes, string what, string by)
    {
        var at = bytes.AsSpan().IndexOf(Encoding.Latin1.GetBytes(what));
        return at < 0 ? bytes : [.. bytes[..at], .. Encoding.Latin1.GetBytes(by), .. bytes[(at + what.Length)..]];
    }

    // Not HashCode, which differs between processes.
    private static int HashOf(int seed, int index)
    {
        var mixed = ((ulong)(uint)seed << 32 | (uint)index) * 0x9E3779B97F4A7C15;
        return (int)((mixed ^ (mixed >> 29)) * 0xBF58476D1CE4E5B9 >> 33);
    }
}
