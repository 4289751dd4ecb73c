using System.Text;
using System.Text.Json.Nodes;
using Avro;
using Avro.IO;
using cdp;
using Cdp.Contracts;
using Cdp.Ingestion.Parsing;
using Cdp.Streaming;
using CsCheck;
using Xunit;
using static Cdp.Ingestion.Tests.Parsing.Reading;

namespace Cdp.Ingestion.Tests.Parsing;

/// <summary>The parser writes records without Apache's writer; <see cref="Reading"/> holds every record of every test against it.</summary>
public sealed class RecordTests
{
    private static readonly Gen<long> Numbers = Gen.OneOf(Gen.Long, Gen.Select(Gen.Int[0, 63], Gen.Long[-2, 2], (shift, near) => (1L << shift) + near));

    [Fact]
    public void Schema_FieldsOfTheEvent_AreThoseThatTheParserWritesInItsOrder()
    {
        var collected = Assert.IsType<RecordSchema>(CollectedEvent._SCHEMA);
        var envelope = Assert.IsType<RecordSchema>(Assert.Single(collected.Fields).Schema);

        Assert.Equal(
            [
                "messageId string", "type string", "sourceId string", "userId null|string", "anonymousId null|string", "previousId null|string", "groupId null|string", "event null|string", "name null|string",
                "category null|string", "channel null|string", "originalTimestamp null|timestamp-micros", "sentAt null|timestamp-micros", "receivedAt timestamp-micros", "timestamp timestamp-micros",
                "properties null|string", "traits null|string", "context null|string", "integrations null|string", "extra null|string",
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
    public void Long_AnyNumber_IsWrittenAsApacheWritesIt() => Numbers.Sample(number =>
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
    public void Text_OfAnyLength_IsWrittenAsApacheWritesIt(int length)
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
    public async Task Frame_WrittenRecord_IsWhatTheCodecEncodes()
    {
        await using var fake = await FakeRegistry.StartAsync();
        var kafka = new KafkaOptions { SchemaRegistry = fake.Url };
        using var registry = kafka.Registry();
        var (codec, body, record) = (new AvroCodec(registry, kafka.TopicPrefix), """{"userId":"ü\n","event":"E","timestamp":"1969-12-31T23:59:59.9999999Z"}"""u8.ToArray(), new AvroWriter());
        BatchReader.Read(body, Shape.One("track"), Limits, out var submission);
        var parser = new EventParser(submission, new Receipt("src", ReceivedAt, "10.0.0.1"), Limits);
        parser.Begin(body);
        parser.Parse(body, 0, record);

        var framed = codec.Frame<CollectedEvent>(Topics.EventsCollected, record.Written);

        Assert.Equal(codec.Encode(Topics.EventsCollected, codec.Decode(framed)), framed);
    }

    [Fact]
    public void Parse_GeneratedBatch_LaysWhatIsSharedUnderEachEvent() =>
        Gen.Select(Samples.Object, Samples.Object, Gen.Select(Samples.Object, Samples.Object).Array[1, 4], Gen.Bool).Sample((context, integrations, own, hasIp) =>
        {
            var batch = new JsonObject
            {
                ["batch"] = new JsonArray([.. own.Select(e => new JsonObject { ["type"] = "track", ["userId"] = "u", ["context"] = e.Item1.DeepClone(), ["integrations"] = e.Item2.DeepClone() })]),
                ["context"] = context.DeepClone(),
                ["integrations"] = integrations.DeepClone(),
            };
            var (refused, events) = Read(Encoding.UTF8.GetBytes(batch.ToJsonString()), null, hasIp ? "10.0.0.1" : null);

            Assert.Null(refused);
            foreach (var (sent, got) in own.Zip(events, (sent, got) => (sent, got.Accepted!.envelope)))
            {
                var expected = Under(sent.Item1, context);
                if (hasIp) expected.TryAdd("ip", "10.0.0.1");
                Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(got.context)), $"{expected.ToJsonString()} became {got.context}");
                Assert.True(JsonNode.DeepEquals(Under(sent.Item2, integrations), JsonNode.Parse(got.integrations)), got.integrations);
            }
        });

    private static JsonObject Under(JsonObject own, JsonObject shared)
    {
        var merged = own.DeepClone().AsObject();
        foreach (var (name, value) in shared) merged.TryAdd(name, value?.DeepClone());
        return merged;
    }
}
