using System.Globalization;
using System.Text;

namespace Cdp.Benchmarks.Http;

/// <summary>
/// The prepared bytes of one request, or of a piece of a file, so that sending uses little of the CPU that it shares with the service. Between
/// requests only the numbers in the events' ids change. Not thread-safe; each connection has a copy.
/// </summary>
internal sealed class RequestTemplate
{
    private const string MessagePrefix = "bench-";
    private const string VisitorPrefix = "visitor-";
    private const string Unnumbered = "0000000000";
    private const int Visitors = 20_000;

    private readonly byte[] _bytes;
    private readonly int[] _messageIds;
    private readonly int[] _visitorIds;

    private RequestTemplate(byte[] bytes, int events)
    {
        _bytes = bytes;
        _messageIds = [.. Places(MessagePrefix)];
        _visitorIds = [.. Places(VisitorPrefix)];
        if (_messageIds.Length != events || _visitorIds.Length != events)
        {
            throw new InvalidOperationException($"found {_messageIds.Length} messageIds and {_visitorIds.Length} anonymousIds of {events} events");
        }
    }

    private RequestTemplate(RequestTemplate other) => (_bytes, _messageIds, _visitorIds) = ([.. other._bytes], other._messageIds, other._visitorIds);

    public int Events => _messageIds.Length;
    public int Length => _bytes.Length;

    public static RequestTemplate Single(string writeKey, int bytes) => new(Post("/v1/track", writeKey, Event(bytes)), 1);

    public static RequestTemplate Batch(string writeKey, int bytes, int events) =>
        new(Post("/v1/batch", writeKey, $"{{\"batch\":[{string.Join(',', Enumerable.Repeat(Event(bytes), events))}],\"sentAt\":\"{Now()}\"}}"), events);

    /// <summary>A piece of an NDJSON file.</summary>
    public static RequestTemplate Rows(int bytes, int events) =>
        new(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(Event(bytes) + "\n", events))), events);

    /// <summary>One event, as an SDK for servers sends it.</summary>
    public static string Event(int bytes)
    {
        const string Order = """{"revenue":49.95,"currency":"EUR","products":[{"sku":"a-17","price":49.95,"quantity":1}],"note":"?"}""";
        const string Ids = "\"type\":\"track\",\"messageId\":\"" + MessagePrefix + Unnumbered + "\",\"anonymousId\":\"" + VisitorPrefix + Unnumbered + "\"";
        const string Sdk = """{"library":{"name":"bench","version":"1.0"}}""";
        var json = $$"""{ {{Ids}},"event":"Order Completed","timestamp":"{{Now()}}","context":{{Sdk}},"properties":{{Order}},"integrations":{} }""";
        return json.Replace("?", new string('x', Math.Max(1, bytes - json.Length + 1)), StringComparison.Ordinal);
    }

    /// <summary>The number of the event with this messageId; null if no template created it.</summary>
    public static long? Number(string messageId) =>
        messageId.StartsWith(MessagePrefix, StringComparison.Ordinal)
            && long.TryParse(messageId.AsSpan(MessagePrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    public RequestTemplate Copy() => new(this);

    /// <summary>The bytes of the request with events numbered from <paramref name="first"/>. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Numbered(long first)
    {
        for (var i = 0; i < Events; i++)
        {
            Write(first + i, _messageIds[i]);
            Write((first + i) % Visitors, _visitorIds[i]);
        }
        return _bytes;
    }

    private static byte[] Post(string path, string writeKey, string body)
    {
        var credentials = Convert.ToBase64String(Encoding.ASCII.GetBytes($"{writeKey}:"));
        string[] head =
        [
            $"POST {path} HTTP/1.1", "Host: bench", $"Authorization: Basic {credentials}", "Content-Type: application/json", $"Content-Length: {body.Length}",
        ];
        return Encoding.ASCII.GetBytes($"{string.Join("\r\n", head)}\r\n\r\n{body}");
    }

    private static string Now() => DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    private IEnumerable<int> Places(string prefix)
    {
        var id = Encoding.ASCII.GetBytes(prefix + Unnumbered);
        for (var from = 0; _bytes.AsSpan(from).IndexOf(id) is var at and >= 0; from += at + id.Length) yield return from + at + prefix.Length;
    }

    private void Write(long number, int at)
    {
        for (var digit = Unnumbered.Length - 1; digit >= 0; digit--, number /= 10) _bytes[at + digit] = (byte)('0' + (number % 10));
    }
}
