using System.Text.Json;

namespace Cdp.Local.Demo;

/// <summary>The profile that the demo must produce.</summary>
public static class ExpectedProfile
{
    private static readonly (string Type, string Value)[] Identifiers = [("anonymous_id", "visitor-7"), ("user_id", "ada")];
    private static readonly (string Name, string Value)[] Traits = [("name", "Ada Lovelace"), ("plan", "pro")];
    private static readonly string[] OnceEach = ["$identify", "$page", "Order Completed", "Product Viewed"];

    /// <summary>The differences from the expected profile; empty if there are none.</summary>
    public static IReadOnlyList<string> FindDifferences(JsonElement profile)
    {
        var differences = new List<string>();
        var identifiers = profile.GetProperty("identifiers").EnumerateArray()
            .Select(identifier => (Type: identifier.GetProperty("type").GetString()!, Value: identifier.GetProperty("value").GetString()!))
            .ToList();
        foreach (var expected in Identifiers.Except(identifiers)) differences.Add($"the identifier {expected.Type} {expected.Value} is missing");

        var traits = profile.GetProperty("traits");
        foreach (var (name, value) in Traits)
        {
            if (!traits.TryGetProperty(name, out var trait) || trait.GetString() != value) differences.Add($"the trait {name} is not {value}");
        }

        var counts = profile.GetProperty("counts").EnumerateObject().ToDictionary(count => count.Name, count => count.Value.GetProperty("count").GetInt64());
        foreach (var name in OnceEach.Union(counts.Keys))
        {
            var expected = OnceEach.Contains(name) ? 1 : 0;
            if (counts.GetValueOrDefault(name) != expected) differences.Add($"{name} is counted {counts.GetValueOrDefault(name)} times instead of {expected}");
        }
        return differences;
    }
}
