using Cdp.Hosting;
using YamlDotNet.RepresentationModel;

namespace Cdp.Ingestion.Mapping;

/// <summary>Reads a <c>mapping:</c> section. Its own rules are tried before its preset's, and its <c>every</c> lies over the preset's.</summary>
public static class MappingReader
{
    public static EventMapping Read(YamlSection section)
    {
        if (!YamlJson.IsBounded(section.Mapping))
        {
            section.Fault((YamlNode?)null, "the mapping holds a key that is no text, or an alias of itself, or is too deep or too long; mend it");
            return new EventMapping(null, []);
        }
        var faults = section.FaultCount;
        var own = Draft.Read(section);
        var preset = section.Text("preset") is { } name ? Preset(section, name) : null;
        var samples = section.Sections("samples");
        section.RejectUnknownKeys();
        var isEmpty = preset is null && own.Rules.Count == 0 && section.FaultCount == faults;
        if (isEmpty) section.Fault((YamlNode?)null, $"there is neither a rule nor a preset; add rules, or preset: {string.Join(", ", Presets.Names)}");

        var every = new Dictionary<string, Template>(preset?.Every ?? []);
        foreach (var (member, template) in own.Every) every[member] = template;
        var rules = own.Rules.Concat(preset?.Rules ?? []).Select(rule => rule.Build(every)).ToList();
        var mapping = new EventMapping(own.Each ?? preset?.Each, rules);
        // What is not whole would fail samples for no fault of theirs.
        if (section.FaultCount == faults) MappingSamples.Check(mapping, samples);
        return mapping;
    }

    private static Draft? Preset(YamlSection section, string name)
    {
        if (Presets.Find(name) is { } preset) return Draft.Read(preset);
        section.Fault("preset", $"there is no preset '{name}'; use one of {string.Join(", ", Presets.Names)}, or remove it");
        return null;
    }

    /// <summary>A section by itself, before a preset is laid under it.</summary>
    private sealed record Draft(Scalar? Each, Dictionary<string, Template> Every, List<DraftRule> Rules)
    {
        public static Draft Read(YamlSection section)
        {
            var each = section.Node("each") is { } node ? TemplateReader.ReadScalar(section, node) : null;
            var every = section.Section("every") is { } shared ? ReadMembers(shared) : [];
            return new Draft(each, every, [.. section.Sections("rules").Select(DraftRule.Read)]);
        }
    }

    private sealed record DraftRule(string Place, Condition? When, List<(YamlSection Section, Dictionary<string, Template> Members)> Events)
    {
        public static DraftRule Read(YamlSection section)
        {
            var when = section.Section("when") is { } condition ? ConditionReader.Read(condition) : null;
            var events = section.Sections("events");
            var ignore = section.Text("ignore");
            if (ignore is not (null or "true")) section.Fault("ignore", "'ignore' can only be true; remove it otherwise");
            var isEither = ignore is null != (events.Count == 0);
            if (!isEither) section.Fault((YamlNode?)null, "a rule has either 'events', a list of what its payloads become, or 'ignore: true'; write one of them");
            section.RejectUnknownKeys();
            return new DraftRule(section.Place, when, [.. events.Select(item => (item, ReadMembers(item)))]);
        }

        public Rule Build(Dictionary<string, Template> every) => new(Place, When, [.. Events.Select(item => Build(item.Section, item.Members, every))]);

        private static EventTemplate Build(YamlSection section, Dictionary<string, Template> own, Dictionary<string, Template> every)
        {
            var members = new Dictionary<string, Template>(every);
            foreach (var (name, template) in own) members[name] = template;
            var type = members.GetValueOrDefault("type") is Constant constant ? constant.Text : null;
            var isType = type is null || EventTemplate.Types.Contains(type);
            if (!isType) section.Fault("type", $"'{type}' is not a type of event; use {string.Join(", ", EventTemplate.Types)}");
            foreach (var names in EventTemplate.Required(type).Where(names => !names.Any(members.ContainsKey)))
            {
                section.Fault((YamlNode?)null, $"the event has no {string.Join(" and no ", names)}; add it here or under 'every'");
            }
            return new EventTemplate(members);
        }
    }

    private static Dictionary<string, Template> ReadMembers(YamlSection section)
    {
        var members = new Dictionary<string, Template>();
        Add(EventTemplate.Texts, TemplateReader.ReadScalar);
        Add(EventTemplate.Times, TemplateReader.ReadScalar);
        Add(EventTemplate.FreeForm, TemplateReader.Read);
        section.RejectUnknownKeys();
        return members;

        void Add(IEnumerable<string> names, Func<YamlSection, YamlNode, Template?> read)
        {
            foreach (var name in names)
            {
                // What is there but faulty is not missing too.
                if (section.Node(name) is { } node) members[name] = read(section, node) ?? new Constant("", default);
            }
        }
    }
}
