using System.Text;
using cdp;
using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Tests.Parsing;

/// <summary>Reads requests as the endpoint does, without HTTP and Kafka.</summary>
internal static class Reading
{
    public static readonly DateTime ReceivedAt = new(2026, 11, 23, 12, 0, 0, DateTimeKind.Utc);
    public static readonly LimitOptions Limits = new();

    public static (Rejection? Refused, Parsed[] Events) Read(byte[] body, string? type, string? ip = null, LimitOptions? limits = null)
    {
        limits ??= Limits;
        if (BatchReader.Read(body, type is null ? Shape.Batch : Shape.One(type), limits, out var submission) is { } malformed) return (malformed, []);
        var parser = new EventParser(submission, new Receipt("src", ReceivedAt, ip), limits);
        if (parser.Begin(body) is { } refused) return (refused, []);
        var events = new Parsed[submission.Events.Count];
        for (var i = 0; i < events.Length; i++) events[i] = parser.Parse(body, i);
        return (null, events);
    }

    public static (Rejection? Refused, Parsed[] Events) Batch(string json, LimitOptions? limits = null) => Read(Encoding.UTF8.GetBytes(json), type: null, limits: limits);

    public static Rejection? Refusal(string json, string type = "track")
    {
        var (refused, events) = Read(Encoding.UTF8.GetBytes(json), type);
        return refused ?? events[0].Rejected;
    }

    public static Event One(string json, string type = "track", string? ip = null)
    {
        var (refused, events) = Read(Encoding.UTF8.GetBytes(json), type, ip);
        return refused is null && events[0].Accepted is { } accepted ? accepted.envelope : throw new InvalidOperationException((refused ?? events[0].Rejected)!.Message);
    }
}
