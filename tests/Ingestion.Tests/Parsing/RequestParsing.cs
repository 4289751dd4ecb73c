using System.Text;
using Avro.IO;
using Avro.Specific;
using cdp;
using Cdp.Contracts;
using Cdp.Ingestion.Parsing;
using Xunit;

namespace Cdp.Ingestion.Tests.Parsing;

/// <summary>An event as the parser has accepted or rejected it.</summary>
internal sealed record ParsedEvent(CollectedEvent? Accepted, Rejection? Rejected, Warning? Warning);

/// <summary>Parses bodies as the endpoints do, without HTTP and Kafka.</summary>
internal static class RequestParsing
{
    public static readonly DateTime ReceivedAt = new(2026, 11, 23, 12, 0, 0, DateTimeKind.Utc);
    public static readonly LimitOptions Limits = new();

    private static readonly SpecificDatumReader<CollectedEvent> Reader = new(CollectedEvent._SCHEMA, CollectedEvent._SCHEMA);
    private static readonly SpecificDatumWriter<CollectedEvent> Writer = new(CollectedEvent._SCHEMA);

    /// <param name="body">The body of the request.</param>
    /// <param name="type">The type of its single event, or null if the body is a batch.</param>
    /// <param name="ip">The address of the client, or null if it is not recorded.</param>
    /// <param name="limits">The limits of the source; null for the defaults.</param>
    /// <param name="trust">The trust of the source; null for that of a web source.</param>
    /// <returns>Why the whole body is refused, or its events.</returns>
    public static (Rejection? Refused, ParsedEvent[] Events) Parse(
        byte[] body, string? type, string? ip = null, LimitOptions? limits = null, Trust? trust = null)
    {
        limits ??= Limits;
        var malformed = BatchReader.Read(body, type is null ? Shape.Batch : Shape.One(type), limits, out var submission);
        using var read = submission;
        if (malformed is not null) return (malformed, []);
        var parser = new EventParser(submission, new Receipt("src", ReceivedAt, ip) { Trust = trust ?? Trust.Public }, limits);
        if (parser.Begin(body) is { } refused) return (refused, []);
        var (events, record) = (new ParsedEvent[submission.Events.Count], new AvroWriter());
        for (var i = 0; i < events.Length; i++)
        {
            var parsed = parser.Parse(body, i, record);
            events[i] = new ParsedEvent(parsed.Rejected is null ? Decode(record.Written) : null, parsed.Rejected, parsed.Warning);
        }
        return (null, events);
    }

    public static (Rejection? Refused, ParsedEvent[] Events) ParseBatch(string json, LimitOptions? limits = null) =>
        Parse(Encoding.UTF8.GetBytes(json), type: null, limits: limits);

    /// <summary>Parses a body of one event, which must be accepted.</summary>
    public static Event ParseEvent(string json, string type = "track", string? ip = null)
    {
        var (refused, events) = Parse(Encoding.UTF8.GetBytes(json), type, ip);
        if (refused is null && events[0].Accepted is { } accepted) return accepted.envelope;
        throw new InvalidOperationException((refused ?? events[0].Rejected)!.Message);
    }

    /// <summary>Parses a body of one event, and returns why it is refused or rejected, or null.</summary>
    public static Rejection? FindRejection(string json, string type = "track")
    {
        var (refused, events) = Parse(Encoding.UTF8.GetBytes(json), type);
        return refused ?? events[0].Rejected;
    }

    // Apache's reader must read the record to its end, and Apache's writer must write the same bytes. So every test also checks that the records conform
    // to the schema.
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
}
