using System.Text.Json;
using Cdp.Hosting;
using YamlDotNet.RepresentationModel;

namespace Cdp.Ingestion.Mapping;

/// <summary>Runs a mapping's <c>samples</c>: what is configured must do what its author expects of it.</summary>
public static class MappingSamples
{
    private const string Ignored = "ignored";
    private const string Unplaced = "unplaced";

    public static void Check(EventMapping mapping, IReadOnlyList<YamlSection> samples)
    {
        for (var i = 0; i < samples.Count; i++) Check(mapping, samples[i], i);
    }

    private static void Check(EventMapping mapping, YamlSection sample, int index)
    {
        var faults = sample.FaultCount;
        var name = sample.Text("name") is { } given ? $"the sample '{given}'" : $"samples[{index}]";
        var payload = new Payload(Body(sample, name), Texts(sample, "headers"), Texts(sample, "query"));
        var expected = Expected(sample, name);
        sample.RejectUnknownKeys();
        if (sample.FaultCount > faults) return;
        if (Differ(mapping.Map(payload), expected) is { } difference) sample.Fault((YamlNode?)null, $"{name}: {difference}; mend the rule or the sample");
    }

    private static JsonElement Body(YamlSection sample, string name)
    {
        switch (sample.Node("payload"))
        {
            case null:
                sample.Fault((YamlNode?)null, $"{name} has no 'payload'; write it as YAML, or as JSON behind 'payload: |'");
                return default;
            case YamlScalarNode scalar:
                var body = Values.Parse(scalar.Value ?? "");
                if (body.ValueKind == JsonValueKind.Undefined) sample.Fault(scalar, $"{name}: 'payload' is a text that is not JSON; mend it, or write it as YAML");
                return body;
            case var node:
                return YamlJson.Value(node);
        }
    }

    private static JsonElement Texts(YamlSection sample, string key)
    {
        var members = new Dictionary<string, string>();
        if (sample.Section(key) is not { } section) return default;
        foreach (var (member, node) in section.Members)
        {
            if (node is YamlScalarNode { Value: { } text }) members[Values.WellFormed(key == "headers" ? member.ToLowerInvariant() : member)] = Values.WellFormed(text);
            else section.Fault(node, $"'{member}' is not a text; write one value");
        }
        return JsonSerializer.SerializeToElement(members);
    }

    // A list of events, or one of the two words; nothing: it must be placed or ignored.
    private static JsonElement Expected(YamlSection sample, string name)
    {
        switch (sample.Node("expect"))
        {
            case null: return default;
            case YamlScalarNode { Value: Ignored or Unplaced } word: return YamlJson.Scalar(word);
            case YamlSequenceNode list when list.Children.Count > 0 && list.Children.All(item => item is YamlMappingNode): return YamlJson.Value(list);
            case var other:
                sample.Fault(other, $"{name}: 'expect' is a list of events, '{Ignored}' or '{Unplaced}'; write one of them, or remove it");
                return default;
        }
    }

    private static string? Differ(MappingResult result, JsonElement expected)
    {
        var actual = result switch
        {
            { Faults: [var fault, ..] } => $"is not placed: {fault.Message}",
            { Events.Count: 0 } => "is ignored",
            _ => $"becomes {result.Events.Count} events",
        };
        return Values.Text(expected) switch
        {
            Ignored => result.Faults.Count == 0 && result.Events.Count == 0 ? null : $"{actual}, but is expected to be ignored",
            Unplaced => result.Faults.Count > 0 ? null : $"{actual}, but is expected not to be placed",
            _ when result.Faults.Count > 0 => actual,
            _ when expected.ValueKind == JsonValueKind.Undefined => null,
            _ when expected.GetArrayLength() != result.Events.Count => $"{actual}, but {expected.GetArrayLength()} are expected",
            _ => First(expected.EnumerateArray().Zip(result.Events).Select((pair, i) => Differ($"events[{i}]", Values.Parse(pair.Second), pair.First))),
        };
    }

    // Of an object, what is expected must be there; what is not mentioned may be.
    private static string? Differ(string path, JsonElement actual, JsonElement expected)
    {
        if (expected.ValueKind == JsonValueKind.Object && actual.ValueKind == JsonValueKind.Object)
        {
            return First(expected.EnumerateObject().Select(member => Differ($"{path}.{member.Name}", Values.Member(actual, member.Name), member.Value)));
        }
        if (expected.ValueKind == JsonValueKind.Array && actual.ValueKind == JsonValueKind.Array && expected.GetArrayLength() == actual.GetArrayLength())
        {
            return First(expected.EnumerateArray().Zip(actual.EnumerateArray()).Select((pair, i) => Differ($"{path}[{i}]", pair.Second, pair.First)));
        }
        if (actual.ValueKind == JsonValueKind.Undefined) return $"{path} is missing, but is expected to be {expected.GetRawText()}";
        return JsonElement.DeepEquals(expected, actual) ? null : $"{path} is {actual.GetRawText()}, but is expected to be {expected.GetRawText()}";
    }

    private static string? First(IEnumerable<string?> differences) => differences.FirstOrDefault(difference => difference is not null);
}
