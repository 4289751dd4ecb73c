using Cdp.Hosting;
using Cdp.Ingestion.Mapping;

namespace Cdp.Ingestion.Importing;

/// <summary>The <c>import:</c> section of a source's file: mappings by name, for files whose rows are not events already.</summary>
public static class ImportMappings
{
    public static IReadOnlyDictionary<string, EventMapping> Read(YamlSection source)
    {
        var mappings = new Dictionary<string, EventMapping>();
        if (source.Section("import") is not { } section) return mappings;
        if (source.Text("type") is "web" or "webhook") source.Fault("import", "a source of this type imports no files; write type: server, or remove 'import'");
        foreach (var (name, _) in section.Members)
        {
            if (section.Section(name) is { } mapping) mappings[name] = EventMapping.Read(mapping);
        }
        return mappings;
    }
}
