using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cdp.Identifiers.Canonical;
using CsCheck;
using Xunit;
using static Cdp.Ingestion.Tests.Parsing.RequestParsing;

namespace Cdp.Ingestion.Tests.Parsing;

public sealed class ParserPropertyTests
{
    private static readonly string[] Texts = ["messageId", "event", "name", "category", "groupId", "previousId", "channel"];
    private static readonly string[] Objects = ["properties", "traits", "context", "integrations"];

    private static readonly Gen<JsonObject> Event =
        from texts in Gen.Select(Gen.Int[0, Texts.Length - 1].Select(i => Texts[i]), JsonGenerators.Text).Array[0, 4]
        from objects in Gen.Select(Gen.Int[0, Objects.Length - 1].Select(i => Objects[i]), JsonGenerators.Members(JsonGenerators.Value, 4)).Array[0, 4]
        from others in JsonGenerators.Members(JsonGenerators.Value, 3)
        select Assemble(texts, objects, others);

    [Fact]
    public void Parse_AnyEvent_LosesNothing() => Event.Sample(sent =>
    {
        var e = ParseEvent(sent.ToJsonString());
        var found = e.extra is null ? [] : JsonNode.Parse(e.extra)!.AsObject();
        (string Name, string? Text)[] texts =
        [
            ("messageId", e.messageId), ("event", e.@event), ("name", e.name), ("category", e.category),
            ("groupId", e.groupId), ("previousId", e.previousId), ("channel", e.channel), ("anonymousId", e.anonymousId),
        ];
        foreach (var (name, text) in texts)
        {
            if (!sent.ContainsKey(name) || found.ContainsKey(name)) continue;
            // Identifiers are written in their canonical form.
            var isId = name is "groupId" or "previousId";
            if (isId) Assert.Equal(CanonicalIdentifier.Of((string)sent[name]!), text ?? "");
            found[name] = isId ? (string)sent[name]! : text;
        }
        foreach (var (name, text) in new[] { ("properties", e.properties), ("traits", e.traits), ("context", e.context), ("integrations", e.integrations) })
        {
            if (text is not null) found[name] = JsonNode.Parse(text);
        }
        Assert.True(JsonNode.DeepEquals(sent, found), $"{sent.ToJsonString()} became {found.ToJsonString()}");
    });

    [Fact]
    public void Read_MutatedBytes_NeverThrowsAndAcceptsOnlyValidJson() =>
        Gen.Select(Event.Array[1, 4], Gen.Select(Gen.Int[0, 100_000], Gen.Byte, Gen.Int[0, 2]).Array[1, 6], Gen.Bool).Sample(
            (events, mutations, isBatch) =>
            {
                var json = isBatch
                    ? $$"""{"batch":[{{string.Join(',', events.Select(e => e.ToJsonString()))}}],"context":{"a":1},"sentAt":"2026-11-23T11:10:00Z"}"""
                    : events[0].ToJsonString();
                var bytes = Encoding.UTF8.GetBytes(json).ToList();
                foreach (var (where, value, how) in mutations)
                {
                    if (bytes.Count == 0) break;
                    var at = where % bytes.Count;
                    if (how == 0) bytes[at] = value;
                    else if (how == 1) bytes.Insert(at, value);
                    else bytes.RemoveAt(at);
                }
                var (_, parsed) = Parse([.. bytes], isBatch ? null : "track", ip: "10.0.0.1");
                foreach (var e in parsed)
                {
                    if (e.Accepted is not { envelope: var envelope }) continue;
                    foreach (var text in new[] { envelope.properties, envelope.traits, envelope.context, envelope.integrations, envelope.extra })
                    {
                        if (text is not null) JsonDocument.Parse(text).Dispose();
                    }
                }
            },
            iter: 20_000);

    private static JsonObject Assemble((string, string)[] texts, (string, JsonObject)[] objects, JsonObject others)
    {
        var json = (JsonObject)others.DeepClone();
        json["anonymousId"] = "a1";
        json["messageId"] = "m1";
        foreach (var (name, text) in texts) json[name] = name == "messageId" ? text + "-" : text;
        foreach (var (name, members) in objects) json[name] = members.DeepClone();
        return json;
    }
}
