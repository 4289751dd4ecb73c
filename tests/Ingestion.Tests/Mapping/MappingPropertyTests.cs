using System.Text;
using Cdp.Ingestion.Parsing;
using CsCheck;
using Xunit;

namespace Cdp.Ingestion.Tests.Mapping;

public sealed class MappingPropertyTests
{
    private static readonly string[] Keys =
    [
        "preset", "each", "every", "rules", "samples", "when", "events", "ignore", "type", "userId", "event", "messageId", "timestamp", "properties", "all",
        "any", "not", "$each", "$.a", "$item.b", "$headers['x']", "exists", "prefix", "matches", "payload", "expect",
    ];
    private static readonly string[] Scalars =
    [
        "stripe", "track", "identify", "$.a", "$", "$.a[*].b | lower ?? 'x'", "'{$.a}-{$.b ?? 1}'", "$[", "true", "5", "null", "''", "'{'", "(a+)+$", "[",
        "ignored", "*a", "&a {}", "\ud83d\ude00", "\"\\ud800\"", "2024-01-01T00:00:00Z",
    ];

    private static readonly Gen<string> Yaml = Gen.Recursive<string>((depth, inner) => depth > 5
        ? RandomPayload.OneOf(Scalars)
        : Gen.Frequency(
            (3, RandomPayload.OneOf(Scalars)),
            (4, Gen.Select(RandomPayload.OneOf(Keys), inner).Array[0, 4].Select(WriteMembers)),
            (2, inner.Array[0, 3].Select(items => $"[{string.Join(", ", items)}]"))));

    [Fact]
    public void Read_AnyYaml_NeverThrowsAndReportsFaultsByLine() => Gen.Select(Yaml, RandomPayload.Json).Sample(
        (yaml, json) =>
        {
            var mapping = Mappings.Read(yaml, out var errors);
            _ = mapping.Map(Mappings.ParseJson(json));
            return errors.TrueForAll(error => error.StartsWith("m.yaml:", StringComparison.Ordinal));
        },
        iter: 5_000);

    [Fact]
    public void Map_AnyPayload_ProducesParsableEvents()
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
                  - type: track
                    event: "{$item.id ?? ''}!"
                    properties:
                      all: $
                      list: {$each: $item.b, v: "$item.a | text | lower | number | time"}
                      j: "$item.b[*].id | join(',')"
            """);
        RandomPayload.Json.Sample(
            json =>
            {
                var result = mapping.Map(Mappings.ParseJson(json));
                Assert.All(result.Faults, fault => Assert.NotEmpty(fault.Message));
                var batch = $$"""{"batch":[{{string.Join(',', result.Events.Select(Encoding.UTF8.GetString))}}]}""";
                if (result.Events.Count > 0) Assert.Null(BatchReader.Read(Encoding.UTF8.GetBytes(batch), Shape.Batch, new LimitOptions(), out _));
            },
            iter: 10_000);
    }

    private static string WriteMembers((string Key, string Value)[] members) =>
        $"{{{string.Join(", ", members.DistinctBy(member => member.Key).Select(member => $"\"{member.Key}\": {member.Value}"))}}}";
}
