using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cdp.Ingestion.Mapping;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Tests.Webhooks;
using CsCheck;
using Xunit;

namespace Cdp.Ingestion.Tests.Mapping;

public sealed class MappingPropertyTests
{
    private static readonly string[] Keys = ["preset", "each", "every", "rules", "samples", "when", "events", "ignore", "type", "userId", "event", "messageId", "timestamp", "properties", "all", "any", "not", "$each", "$.a", "$item.b", "$headers['x']", "exists", "prefix", "matches", "payload", "expect"];
    private static readonly string[] Scalars = ["stripe", "track", "identify", "$.a", "$", "$.a[*].b | lower ?? 'x'", "'{$.a}-{$.b ?? 1}'", "$[", "true", "5", "null", "''", "'{'", "(a+)+$", "[", "ignored", "*a", "&a {}", "\ud83d\ude00", "\"\\ud800\"", "2024-01-01T00:00:00Z"];

    private static readonly Gen<string> Yaml = Gen.Recursive<string>((depth, inner) => depth > 5
        ? OneOf(Scalars)
        : Gen.Frequency(
            (3, OneOf(Scalars)),
            (4, Gen.Select(OneOf(Keys), inner).Array[0, 4].Select(members => $"{{{string.Join(", ", members.DistinctBy(member => member.Item1).Select(member => $"\"{member.Item1}\": {member.Item2}"))}}}")),
            (2, inner.Array[0, 3].Select(items => $"[{string.Join(", ", items)}]"))));

    private static readonly Gen<string> Json = Gen.Recursive<string>((depth, inner) => depth > 5
        ? OneOf("1", "\"x\"", "null")
        : Gen.Frequency(
            (3, OneOf("1", "-1e400", "\"\"", "\"x\"", "null", "true", "\"\\ud800\"", "1600000000", "\"2024-01-01T00:00:00Z\"")),
            (3, Gen.Select(OneOf("a", "b", "id", "user", "\\udc00", "type"), inner).Array[0, 4].Select(members => $"{{{string.Join(',', members.Select(member => $"\"{member.Item1}\":{member.Item2}"))}}}")),
            (2, inner.Array[0, 4].Select(items => $"[{string.Join(',', items)}]"))));

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(index => texts[index]);

    [Fact]
    public void Read_AnyYaml_NeverThrowsAndTellsFaultsWithTheirLine() => Gen.Select(Yaml, Json).Sample(
        (yaml, json) =>
        {
            var mapping = Mappings.Read(yaml, out var errors);
            _ = mapping.Map(Mappings.Json(json));
            return errors.TrueForAll(error => error.StartsWith("m.yaml:", StringComparison.Ordinal));
        },
        iter: 5_000);

    [Fact]
    public void Map_AnyPayload_GivesEventsThatAreRead()
    {
        var mapping = Mappings.Read("""
            each: $.a ?? $
            every: {messageId: $.id, anonymousId: "x:{$item.id ?? $item}"}
            rules:
              - when: {$item.type: x}
                ignore: true
              - when: {any: [{"$item.a[*].b": x}, {$item.user: {matches: "^."}}, {not: {$item.b: null}}]}
                events:
                  - {type: identify, userId: $item.user, timestamp: $item.a, traits: $item.a}
                  - {type: track, event: "{$item.id ?? ''}!", properties: {all: $, list: {$each: $item.b, v: "$item.a | text | lower | number | time"}, "j": "$item.b[*].id | join(',')"}}
            """);
        Json.Sample(
            json =>
            {
                var result = mapping.Map(Mappings.Json(json));
                Assert.All(result.Faults, fault => Assert.NotEmpty(fault.Message));
                var batch = $$"""{"batch":[{{string.Join(',', result.Events.Select(Encoding.UTF8.GetString))}}]}""";
                if (result.Events.Count > 0) Assert.Null(BatchReader.Read(Encoding.UTF8.GetBytes(batch), Shape.Batch, new LimitOptions(), out _));
            },
            iter: 10_000);
    }

    [Fact]
    public void Map_AMutatedSampleOfAVendor_NeverThrowsAndIsPlacedWholeOrNotAtAll()
    {
        var samples = VendorSample.All.Select(sample => (sample.Vendor, Json: Encoding.UTF8.GetString(VendorSample.Body(sample.Vendor, sample.Name)), Headers: VendorSample.Headers(sample.Vendor, sample.Name))).ToArray();
        Gen.Select(Gen.Int[0, samples.Length - 1], Gen.Select(Gen.Int[0, 500], Json).Array[1, 4]).Sample(
            (index, changes) =>
            {
                var (vendor, json, headers) = samples[index];
                var body = JsonNode.Parse(json)!;
                foreach (var (at, value) in changes) Replace(body, at, value);
                var result = VendorSample.Presets[vendor].Map(VendorSample.Payload(Encoding.UTF8.GetBytes(body.ToJsonString()), headers));
                return result.Faults.Count == 0 || result.Events.Count == 0;
            },
            iter: 1_000);
    }

    // Puts a value in the place of one of the body's, counted in the order of the text.
    private static void Replace(JsonNode body, int at, string value)
    {
        var open = new Stack<JsonNode>([body]);
        while (open.TryPop(out var node))
        {
            if (node is JsonObject members)
            {
                foreach (var (name, member) in members.ToList())
                {
                    if (at-- == 0)
                    {
                        members[name] = Node(value);
                        return;
                    }
                    if (member is JsonObject or JsonArray) open.Push(member);
                }
            }
            else if (node is JsonArray items)
            {
                foreach (var item in items.Where(item => item is not null)) open.Push(item!);
            }
        }
    }

    // A node cannot be made of half a surrogate pair or of a name given twice.
    private static JsonNode? Node(string json)
    {
        try
        {
            var node = JsonNode.Parse(json);
            Touch(node);
            return node;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or JsonException)
        {
            return JsonValue.Create("odd");
        }
    }

    private static void Touch(JsonNode? node)
    {
        if (node is JsonObject members) foreach (var (_, member) in members) Touch(member);
        else if (node is JsonArray items) foreach (var item in items) Touch(item);
        else _ = node?.ToJsonString();
    }
}
