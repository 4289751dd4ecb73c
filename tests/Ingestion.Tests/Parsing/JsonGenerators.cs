using System.Text;
using System.Text.Json.Nodes;
using CsCheck;

namespace Cdp.Ingestion.Tests.Parsing;

/// <summary>Random JSON: few names, so that they collide, and strings that need escapes.</summary>
internal static class JsonGenerators
{
    public static readonly Gen<string> Text = Gen.Char["abc é€😀\"\\/\n\t{}[]:,"].Array[0, 8]
        .Select(chars => new string(chars))
        .Where(text => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) == text);

    private static readonly Gen<JsonNode?> Scalar = Gen.OneOf(
        Text.Select(text => (JsonNode?)JsonValue.Create(text)),
        Gen.Int.Select(number => (JsonNode?)JsonValue.Create(number)),
        Gen.Double[-1e9, 1e9].Select(number => (JsonNode?)JsonValue.Create(number)),
        Gen.Bool.Select(flag => (JsonNode?)JsonValue.Create(flag)),
        Gen.Const((JsonNode?)null));

    public static readonly Gen<JsonNode?> Value = Gen.Recursive<JsonNode?>((depth, self) => depth > 3 ? Scalar : Gen.Frequency(
        (4, Scalar),
        (1, self.Array[0, 3].Select(items => (JsonNode?)new JsonArray([.. items.Select(item => item?.DeepClone())]))),
        (1, Members(self, 3).Select(members => (JsonNode?)members))));

    public static readonly Gen<JsonObject> Object = Gen.Select(Gen.OneOf(Gen.Const("a"), Gen.Const("ip"), Gen.Const("é\""), Text), Value).Array[0, 5]
        .Select(Assemble);

    public static Gen<JsonObject> Members(Gen<JsonNode?> value, int most) => Gen.Select(Text, value).Array[0, most].Select(Assemble);

    private static JsonObject Assemble((string Name, JsonNode? Member)[] members)
    {
        var json = new JsonObject();
        foreach (var (name, member) in members) json[name] = member?.DeepClone();
        return json;
    }
}
