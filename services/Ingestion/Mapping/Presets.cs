using System.Reflection;
using Cdp.Hosting;

namespace Cdp.Ingestion.Mapping;

/// <summary>The mappings that come with the service. They are files of the mapping's own language, to be copied and changed where they do not fit.</summary>
public static class Presets
{
    private const string Suffix = ".preset.yaml";
    private static readonly Assembly Assembly = typeof(Presets).Assembly;

    public static IEnumerable<string> Names => Assembly.GetManifestResourceNames()
        .Where(name => name.EndsWith(Suffix, StringComparison.Ordinal)).Select(name => name[..^Suffix.Length]).Order(StringComparer.Ordinal);

    /// <summary>The <c>mapping:</c> section of a preset; null where there is none of that name.</summary>
    public static YamlSection? Find(string name)
    {
        using var resource = Assembly.GetManifestResourceStream(name + Suffix);
        if (resource is null) return null;
        using var text = new StreamReader(resource);
        var errors = new List<string>();
        // Its faults are ours: a test reads every preset.
        return YamlSection.Read($"{name}{Suffix}", text, errors)?.Section("mapping") ?? throw new InvalidDataException(string.Join('\n', errors));
    }
}
