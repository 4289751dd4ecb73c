using System.Text;
using System.Text.Json.Nodes;
using Avro;
using Avro.IO;
using cdp;
using Cdp.Contracts;
using Cdp.Ingestion.Parsing;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Schemas;
using CsCheck;
using Xunit;
using static Cdp.Ingestion.Tests.Parsing.RequestParsing;

namespace Cdp.Ingestion.Tests.Parsing;

/// <summary>
/// The Avro records that the parser writes without Apache's writer. In addition, <see cref="RequestParsing"/> compares every record of every test with it.
/// </summary>
[Trait("tier", "integration")]
public sealed class RecordTests
{
    private static readonly Gen<long> Numbers = Gen.OneOf(Gen.Long, Gen.Select(Gen.Int[0, 63], Gen.Long[-2, 2], (shift, near) => (1L << shift) + near));

    [Fact]
    public void Schema_EventFields_HaveTheOrderThatTheParserWrites()
    {
        var collected = Assert.IsType<RecordSchema>(CollectedEvent._SCHEMA);
        var envelope = Assert.IsType<RecordSchema>(Assert.Single(collected.Fields).Schema);

        Assert.Equal(
            [
                "messageId string", "type string", "sourceId string",
                "userId null|string", "anonymousId null|string", "previousId null|string", "groupId null|string",
                "event null|string", "name null|string", "category null|string", "channel null|string",
                "originalTimestamp null|timestamp-micros", "sentAt null|timestamp-micros", "receivedAt timestamp-micros", "timestamp timestamp-micros",
                "properties null|string", "traits null|string", "context null|string", "integrations null|string", "extra null|string",
                "trust null|string", "withheld null|array",
            ],
            envelope.Fields.Select(field => $"{field.Name} {Kind(field.Schema)}"));

        static string Kind(Avro.Schema schema) => schema switch
        {
            UnionSchema union => string.Join('|', union.Schemas.Select(Kind)),
            LogicalSchema logical => logical.LogicalTypeName,
            _ => schema.Name,
        };
    }

    [Fact]
    public void Parse_AnyTrust_WritesTrustAndWithheld()
    {
        var body = """{"type":"alias","userId":"u","previousId":"p","trust":"server","withheld":[]}"""u8.ToArray();

        foreach (var (trust, level, withheld) in new (Trust?, string, string[]?)[]
        {
            (null, "public", null),
            (Trust.Server, "server", null),
            (new Trust(TrustLevel.Public, [Withheld.UserTraits, Withheld.UserIds]), "public", ["user_traits", "user_ids"]),
        })
        {
            var envelope = Parse(body, "alias", trust: trust).Events[0].Accepted!.envelope;
            Assert.Equal((level, """{"trust":"server","withheld":[]}"""), (envelope.trust, envelope.extra));
            Assert.Equal(withheld, envelope.withheld);
        }
    }

    [Fact]
    public void Long_AnyNumber_MatchesTheApacheEncoder() => Numbers.Sample(number =>
    {
        var (writer, expected) = (new AvroWriter(), new MemoryStream());
        writer.Long(number);
        new BinaryEncoder(expected).WriteLong(number);

        Assert.Equal(expected.ToArray(), writer.Written);
    });

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(8_191)]
    [InlineData(8_192)]
    [InlineData(100_000)]
    public void Text_AnyLength_MatchesTheApacheEncoder(int length)
    {
        var (writer, text, expected) = (new AvroWriter(), new string('é', length / 2) + new string('x', length % 2), new MemoryStream());
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var i = 0; i < 3; i++) new BinaryEncoder(expected).WriteString(text);

        writer.Text(text);
        writer.Text(bytes);
        writer.BeginText();
        foreach (var piece in bytes.Chunk(1_000)) writer.Append(piece);
        writer.EndText();

        Assert.Equal(expected.ToArray(), writer.Written);
    }

    [Fact]
    public async Task Frame_WrittenRecord_EqualsTheEncodedRecord()
    {
        await using var fake = await FakeRegistry.StartAsync();
        var kafka = new KafkaOptions { SchemaRegistry = fake.Url };
        using var registry = kafka.Registry();
        var (codec, body, record) = (
            new AvroCodec(registry, kafka.TopicPrefix),
            """{"userId":"ü\n","event":"E","timestamp":"1969-12-31T23:59:59.9999999Z"}"""u8.ToArray(),
            new AvroWriter());
        BatchReader.Read(body, Shape.One("track"), Limits, out var submission);
        var parser = new EventParser(submission, new Receipt("src", ReceivedAt, "10.0.0.1"), Limits);
        parser.Begin(body);
        parser.Parse(body, 0, record);

        var framed = codec.Frame<CollectedEvent>(Topics.EventsCollected, record.Written);

        Assert.Equal(codec.Encode(Topics.EventsCollected, codec.Decode(framed)), framed);
    }

    [Fact]
    public void Parse_AnyBatch_MergesSharedMembersIntoEachEvent() =>
        Gen.Select(JsonGenerators.Object, JsonGenerators.Object, Gen.Select(JsonGenerators.Object, JsonGenerators.Object).Array[1, 4], Gen.Bool)
            .Sample((context, integrations, own, hasIp) =>
        {
            var batch = new JsonObject
            {
                ["batch"] = new JsonArray([.. own.Select(e => Item(e.Item1, e.Item2))]),
                ["context"] = context.DeepClone(),
                ["integrations"] = integrations.DeepClone(),
            };
            var (refused, events) = Parse(Encoding.UTF8.GetBytes(batch.ToJsonString()), null, hasIp ? "10.0.0.1" : null);

            Assert.Null(refused);
            foreach (var (sent, got) in own.Zip(events, (sent, got) => (sent, got.Accepted!.envelope)))
            {
                var expected = Merge(sent.Item1, context);
                if (hasIp) expected.TryAdd("ip", "10.0.0.1");
                Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(got.context)), $"{expected.ToJsonString()} became {got.context}");
                Assert.True(JsonNode.DeepEquals(Merge(sent.Item2, integrations), JsonNode.Parse(got.integrations)), got.integrations);
            }
        });

    private static JsonObject Item(JsonObject context, JsonObject integrations) =>
        new() { ["type"] = "track", ["userId"] = "u", ["context"] = context.DeepClone(), ["integrations"] = integrations.DeepClone() };

    private static JsonObject Merge(JsonObject own, JsonObject shared)
    {
        var merged = own.DeepClone().AsObject();
        foreach (var (name, value) in shared) merged.TryAdd(name, value?.DeepClone());
        return merged;
    }
}
