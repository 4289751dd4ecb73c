using System.Reflection;
using Cdp.Hosting.Configuration;

namespace Cdp.Ingestion.Mapping.Yaml;

/// <summary>The mappings that are part of the service. They are YAML files that users can copy and change.</summary>
public static class Presets
{
    private const string Suffix = ".preset.yaml";
    private static readonly Assembly Assembly = typeof(Presets).Assembly;

    public static IEnumerable<string> Names => Assembly.GetManifestResourceNames()
        .Where(name => name.EndsWith(Suffix, StringComparison.Ordinal)).Select(name => name[..^Suffix.Length]).Order(StringComparer.Ordinal);

    /// <summary>The <c>mapping:</c> section of a preset; null if there is none of this name.</summary>
    public static YamlSection? Find(string name)
    {
        using var resource = Assembly.GetManifestResourceStream(name + Suffix);
        if (resource is null) return null;
        using var text = new StreamReader(resource);
        var errors = new List<string>();
        // An invalid preset is a bug. A test reads every preset.
        return YamlSection.Read($"{name}{Suffix}", text, errors)?.Section("mapping") ?? throw new InvalidDataException(string.Join('\n', errors));
    }
}
