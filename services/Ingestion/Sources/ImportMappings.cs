using Cdp.Hosting.Configuration;
using Cdp.Ingestion.Mapping;
using Cdp.Ingestion.Mapping.Yaml;

namespace Cdp.Ingestion.Sources;

/// <summary>Reads the <c>import:</c> section of a source's file: named mappings for files whose rows are not events.</summary>
public static class ImportMappings
{
    public static IReadOnlyDictionary<string, EventMapping> Read(YamlSection source)
    {
        var mappings = new Dictionary<string, EventMapping>();
        if (source.Section("import") is not { } section) return mappings;
        if (source.Text("type") is "web" or "webhook")
        {
            source.AddError("import", "a source of this type cannot import files; write type: server, or remove 'import'");
        }
        foreach (var (name, _) in section.Members)
        {
            if (section.Section(name) is { } mapping) mappings[name] = MappingReader.Read(mapping);
        }
        return mappings;
    }
}
