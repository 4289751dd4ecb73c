using System.Text.Json;

namespace Cdp.Local.Demo;

/// <summary>What the story must have made of the visitor.</summary>
public static class ExpectedProfile
{
    private static readonly (string Type, string Value)[] Identifiers = [("anonymous_id", "visitor-7"), ("user_id", "ada")];
    private static readonly (string Name, string Value)[] Traits = [("name", "Ada Lovelace"), ("plan", "pro")];
    private static readonly string[] OnceEach = ["$identify", "$page", "Order Completed", "Product Viewed"];

    /// <summary>What differs; empty when the profile is right.</summary>
    public static IReadOnlyList<string> Faults(JsonElement profile)
    {
        var faults = new List<string>();
        var identifiers = profile.GetProperty("identifiers").EnumerateArray().Select(identifier => (Type: identifier.GetProperty("type").GetString()!, Value: identifier.GetProperty("value").GetString()!)).ToList();
        foreach (var expected in Identifiers.Except(identifiers)) faults.Add($"the identifier {expected.Type} {expected.Value} is missing");

        var traits = profile.GetProperty("traits");
        foreach (var (name, value) in Traits)
        {
            if (!traits.TryGetProperty(name, out var trait) || trait.GetString() != value) faults.Add($"the trait {name} is not {value}");
        }

        var counts = profile.GetProperty("counts").EnumerateObject().ToDictionary(count => count.Name, count => count.Value.GetProperty("count").GetInt64());
        foreach (var name in OnceEach.Union(counts.Keys))
        {
            var expected = OnceEach.Contains(name) ? 1 : 0;
            if (counts.GetValueOrDefault(name) != expected) faults.Add($"{name} is counted {counts.GetValueOrDefault(name)} times, not {expected}");
        }
        return faults;
    }
}
