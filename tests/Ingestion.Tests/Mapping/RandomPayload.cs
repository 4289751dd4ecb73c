using CsCheck;

namespace Cdp.Ingestion.Tests.Mapping;

/// <summary>Random JSON of payloads, with few names and some difficult values.</summary>
internal static class RandomPayload
{
    public static readonly Gen<string> Json = Gen.Recursive<string>((depth, inner) => depth > 5
        ? OneOf("1", "\"x\"", "null")
        : Gen.Frequency(
            (3, OneOf("1", "-1e400", "\"\"", "\"x\"", "null", "true", "\"\\ud800\"", "1600000000", "\"2024-01-01T00:00:00Z\"")),
            (3, Gen.Select(OneOf("a", "b", "id", "user", "\\udc00", "type"), inner).Array[0, 4].Select(WriteMembers)),
            (2, inner.Array[0, 4].Select(items => $"[{string.Join(',', items)}]"))));

    public static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(index => texts[index]);

    private static string WriteMembers((string Name, string Value)[] members) =>
        $"{{{string.Join(',', members.Select(member => $"\"{member.Name}\":{member.Value}"))}}}";
}
