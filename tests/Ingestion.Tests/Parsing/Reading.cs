using System.Text;
using Avro.IO;
using Avro.Specific;
using cdp;
using Cdp.Contracts;
using Cdp.Ingestion.Parsing;
using Cdp.Streaming;
using Xunit;

namespace Cdp.Ingestion.Tests.Parsing;

/// <summary>What became of one event.</summary>
internal sealed record Judged(CollectedEvent? Accepted, Rejection? Rejected, bool ClockBounded);

/// <summary>Reads requests as the endpoint does, without HTTP and Kafka.</summary>
internal static class Reading
{
    public static readonly DateTime ReceivedAt = new(2026, 11, 23, 12, 0, 0, DateTimeKind.Utc);
    public static readonly LimitOptions Limits = new();

    private static readonly SpecificDatumReader<CollectedEvent> Reader = new(CollectedEvent._SCHEMA, CollectedEvent._SCHEMA);
    private static readonly SpecificDatumWriter<CollectedEvent> Writer = new(CollectedEvent._SCHEMA);

    public static (Rejection? Refused, Judged[] Events) Read(byte[] body, string? type, string? ip = null, LimitOptions? limits = null)
    {
        limits ??= Limits;
        var malformed = BatchReader.Read(body, type is null ? Shape.Batch : Shape.One(type), limits, out var submission);
        using var read = submission;
        if (malformed is not null) return (malformed, []);
        var parser = new EventParser(submission, new Receipt("src", ReceivedAt, ip), limits);
        if (parser.Begin(body) is { } refused) return (refused, []);
        var (events, record) = (new Judged[submission.Events.Count], new AvroWriter());
        for (var i = 0; i < events.Length; i++)
        {
            var parsed = parser.Parse(body, i, record);
            events[i] = new Judged(parsed.Rejected is null ? Decode(record.Written) : null, parsed.Rejected, parsed.ClockBounded);
        }
        return (null, events);
    }

    // Apache's reader takes the record to its end, and Apache's writer writes it in the same bytes: so it is as the schema says, whatever the test is about.
    private static CollectedEvent Decode(ReadOnlySpan<byte> written)
    {
        var from = new MemoryStream(written.ToArray());
        var decoded = Reader.Read(new CollectedEvent(), new BinaryDecoder(from));
        var again = new MemoryStream();
        Writer.Write(decoded, new BinaryEncoder(again));
        Assert.Equal(from.Length, from.Position);
        Assert.Equal(written, again.ToArray());
        return decoded;
    }

    public static (Rejection? Refused, Judged[] Events) Batch(string json, LimitOptions? limits = null) => Read(Encoding.UTF8.GetBytes(json), type: null, limits: limits);

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
