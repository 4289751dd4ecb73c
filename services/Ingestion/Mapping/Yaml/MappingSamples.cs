using System.Text.Json;
using Cdp.Hosting.Configuration;
using YamlDotNet.RepresentationModel;

namespace Cdp.Ingestion.Mapping.Yaml;

/// <summary>Runs the <c>samples</c> of a mapping, which check that it does what its author expects.</summary>
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
        var faults = sample.ErrorCount;
        var name = sample.Text("name") is { } given ? $"the sample '{given}'" : $"samples[{index}]";
        var payload = new Payload(Body(sample, name), Texts(sample, "headers"), Texts(sample, "query"));
        var expected = Expected(sample, name);
        sample.RejectUnknownKeys();
        if (sample.ErrorCount > faults) return;
        if (Differ(mapping.Map(payload), expected) is { } difference) sample.AddError($"{name} {difference}; fix the rule or the sample");
    }

    private static JsonElement Body(YamlSection sample, string name)
    {
        switch (sample.Node("payload"))
        {
            case null:
                sample.AddError($"{name} has no 'payload'; write it as YAML, or as JSON after 'payload: |'");
                return default;
            case YamlScalarNode scalar:
                var body = Values.Parse(scalar.Value ?? "");
                if (body.ValueKind == JsonValueKind.Undefined) sample.AddError(scalar, $"the payload of {name} is not valid JSON; fix it, or write it as YAML");
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
            if (node is not YamlScalarNode { Value: { } text })
            {
                section.AddError(node, $"'{member}' must be a text; write a single value");
                continue;
            }
            members[Values.WellFormed(key == "headers" ? member.ToLowerInvariant() : member)] = Values.WellFormed(text);
        }
        return JsonSerializer.SerializeToElement(members);
    }

    // A list of events, 'ignored' or 'unplaced'. Without 'expect' the payload only has to be mapped or ignored.
    private static JsonElement Expected(YamlSection sample, string name)
    {
        switch (sample.Node("expect"))
        {
            case null: return default;
            case YamlScalarNode { Value: Ignored or Unplaced } word: return YamlJson.Scalar(word);
            case YamlSequenceNode list when list.Children.Count > 0 && list.Children.All(item => item is YamlMappingNode): return YamlJson.Value(list);
            case var other:
                sample.AddError(other, $"'expect' of {name} must be a list of events, '{Ignored}' or '{Unplaced}'; write one of them, or remove it");
                return default;
        }
    }

    private static string? Differ(MappingResult result, JsonElement expected)
    {
        var actual = result switch
        {
            { Faults: [var fault, ..] } => $"could not be mapped: {fault.Message}",
            { Events.Count: 0 } => "was ignored",
            _ => $"was mapped to {result.Events.Count} events",
        };
        return Values.Text(expected) switch
        {
            Ignored => result.Faults.Count == 0 && result.Events.Count == 0 ? null : $"{actual}, but should be ignored",
            Unplaced => result.Faults.Count > 0 ? null : $"{actual}, but should be unplaced",
            _ when result.Faults.Count > 0 => actual,
            _ when expected.ValueKind == JsonValueKind.Undefined => null,
            _ when expected.GetArrayLength() != result.Events.Count => $"{actual}, but {expected.GetArrayLength()} are expected",
            _ => DifferInEvents(result, expected),
        };
    }

    private static string? DifferInEvents(MappingResult result, JsonElement expected)
    {
        var pairs = expected.EnumerateArray().Zip(result.Events);
        var difference = First(pairs.Select((pair, i) => Differ($"events[{i}]", Values.Parse(pair.Second), pair.First)));
        return difference is null ? null : $"was mapped, but {difference}";
    }

    // An object may have further members than the expected ones.
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
        if (actual.ValueKind == JsonValueKind.Undefined) return $"{path} is missing instead of {expected.GetRawText()}";
        return JsonElement.DeepEquals(expected, actual) ? null : $"{path} is {actual.GetRawText()} instead of {expected.GetRawText()}";
    }

    private static string? First(IEnumerable<string?> differences) => differences.FirstOrDefault(difference => difference is not null);
}
