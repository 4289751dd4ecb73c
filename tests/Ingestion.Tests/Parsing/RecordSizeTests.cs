using System.Text;
using cdp;
using Cdp.Contracts;
using Cdp.Identifiers.Canonical;
using Cdp.Identifiers.Types;
using Cdp.Ingestion.Parsing;
using Xunit;
using static Cdp.Ingestion.Tests.Parsing.RequestParsing;

namespace Cdp.Ingestion.Tests.Parsing;

/// <summary>
/// The largest event that the options allow fits into its record, and the record fits into the quarantine record or dead letter that may wrap it later.
/// </summary>
public sealed class RecordSizeTests
{
    // A musical note: four bytes in UTF-8, which NFC normalization turns into three characters of four bytes each.
    private const string Note = "\U0001D160";

    // The magic byte and the schema id in front of each record.
    private const int FramingBytes = 5;

    private static readonly LimitOptions Largest = new() { EventBytes = SizeLimits.Event, MessageIdCharacters = SizeLimits.Event };

    [Theory]
    [InlineData("properties")]
    [InlineData("event")]
    [InlineData("messageId")]
    [InlineData("context")]
    [InlineData("unknown")]
    public void Parse_LargestEvent_FitsIntoItsRecordAndItsQuarantineRecord(string member)
    {
        var id = string.Concat(Enumerable.Repeat(Note, IdentifierTypes.MaxValueLength / 6));
        var ids = $"\"type\":\"alias\",\"anonymousId\":\"{id}\",\"userId\":\"{id}\",\"previousId\":\"{id}\",\"groupId\":\"{id}\"}}";
        var shared = $$"""{"a":"{{new string('x', 100_000)}}"}""";
        var value = member is "event" or "messageId" ? "\"{0}\"" : "{{\"v\":\"{0}\"}}";
        var length = SizeLimits.Event - Encoding.UTF8.GetByteCount(Item("") + shared);

        var (refused, events) = ParseBatch($$"""{"batch":[{{Item(new string('x', length))}}],"context":{{shared}}}""", Largest);
        var (_, larger) = ParseBatch($$"""{"batch":[{{Item(new string('x', length + 1))}}],"context":{{shared}}}""", Largest);

        Assert.Null(refused);
        Assert.Equal("event_too_large", larger[0].Rejected?.Code);
        var accepted = events[0].Accepted!;
        Assert.Equal(CanonicalIdentifier.Of(id), accepted.envelope.userId);
        var (record, key) = (Size(accepted), Encoding.UTF8.GetByteCount(accepted.envelope.anonymousId));
        Assert.InRange(record + key, SizeLimits.Event - 1_000, SizeLimits.Event + (16 * 1024));
        Assert.True(2 * (record + key) < Topics.EventsCollected.MaxRecordBytes);

        var wide = new string('\u20AC', 256);
        var quarantined = new QuarantinedEvent
        {
            original = new byte[record],
            encoding = "avro",
            violations =
            [
                .. Enumerable.Range(0, 100).Select(_ => new Violation { kind = "additionalProperties", path = wide, message = wide, action = "block" }),
            ],
            sourceId = "src",
            messageId = accepted.envelope.messageId,
            @event = accepted.envelope.@event,
        };
        Assert.True(Size(quarantined) + key < Topics.EventsQuarantined.MaxRecordBytes);

        string Item(string text) => $$"""{"{{member}}":{{string.Format(null, value, text)}},{{ids}}""";
    }

    [Theory]
    [InlineData("""{"userId":"ID"}""", "track")]
    [InlineData("""{"userId":"u","groupId":"ID"}""", "group")]
    [InlineData("""{"mergeProperties":[{"type":"email","value":"ID"},{"type":"email","value":"a@b.c"}]}""", "merge")]
    public void Parse_IdentifierTooLongInCanonicalForm_IsRejected(string json, string type)
    {
        Assert.Null(FindRejection(json.Replace("ID", string.Concat(Enumerable.Repeat(Note, 85)), StringComparison.Ordinal), type));
        Assert.Equal(
            "identifier_too_long",
            FindRejection(json.Replace("ID", string.Concat(Enumerable.Repeat(Note, 86)), StringComparison.Ordinal), type)?.Code);
    }

    private static int Size(IAvroRecord record)
    {
        var writer = new AvroWriter();
        record.Write(writer);
        return FramingBytes + writer.Written.Length;
    }
}
