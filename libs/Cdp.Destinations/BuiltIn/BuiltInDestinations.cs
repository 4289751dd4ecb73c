using Cdp.Destinations.Descriptions;

namespace Cdp.Destinations.BuiltIn;

/// <summary>The descriptions that come with this library: a YAML file for each, beside this one.</summary>
public static class BuiltInDestinations
{
    private static readonly Lazy<IReadOnlyDictionary<string, DestinationDescription>> Descriptions = new(Read);

    /// <summary>All descriptions, in order of their types.</summary>
    public static IReadOnlyList<DestinationDescription> All => [.. Descriptions.Value.Values.OrderBy(description => description.Type, StringComparer.Ordinal)];

    /// <summary>The description of a type, such as amplitude; null if there is none.</summary>
    public static DestinationDescription? Find(string type) => Descriptions.Value.GetValueOrDefault(type);

    private static Dictionary<string, DestinationDescription> Read()
    {
        var assembly = typeof(BuiltInDestinations).Assembly;
        var descriptions = new Dictionary<string, DestinationDescription>(StringComparer.Ordinal);
        var errors = new List<string>();
        foreach (var name in assembly.GetManifestResourceNames())
        {
            using var text = new StreamReader(assembly.GetManifestResourceStream(name)!);
            if (DestinationDescription.Parse($"{name}.yaml", text.ReadToEnd(), errors) is { } description) descriptions.Add(description.Type, description);
        }
        return errors.Count == 0 ? descriptions : throw new InvalidOperationException(string.Join('\n', errors));
    }
}
