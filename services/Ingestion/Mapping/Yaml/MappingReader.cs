using System.Security.Cryptography;
using System.Text;
using Cdp.Hosting.Configuration;
using YamlDotNet.RepresentationModel;

namespace Cdp.Ingestion.Mapping.Yaml;

/// <summary>Reads a <c>mapping:</c> section. Its own rules come before those of its preset, and its <c>every</c> overrides that of the preset.</summary>
public static class MappingReader
{
    /// <summary>
    /// Reads a <c>mapping:</c> section and runs its samples. Errors are added to the section with file and line; the result can be used only if there are none.
    /// </summary>
    public static EventMapping Read(YamlSection section)
    {
        if (!YamlJson.IsBounded(section.Mapping))
        {
            section.AddError("the mapping has a key that is not a text, an alias of itself, or is too deep or too large; simplify it");
            return new EventMapping(null, []);
        }
        var faults = section.ErrorCount;
        YamlSection? presetSection = null;
        var own = Draft.Read(section);
        var preset = section.Text("preset") is { } name ? Preset(section, name, out presetSection) : null;
        var samples = section.Sections("samples");
        section.RejectUnknownKeys();
        var isEmpty = preset is null && own.Rules.Count == 0 && section.ErrorCount == faults;
        if (isEmpty) section.AddError($"there are no rules and no preset; add rules, or preset: with one of {string.Join(", ", Presets.Names)}");

        var every = new Dictionary<string, Template>(preset?.Every ?? []);
        foreach (var (member, template) in own.Every) every[member] = template;
        var rules = own.Rules.Concat(preset?.Rules ?? []).Select(rule => rule.Build(every)).ToList();
        var mapping = new EventMapping(own.Each ?? preset?.Each, rules, Fingerprint(section, presetSection));
        // An incomplete mapping would only add misleading errors about its samples.
        if (section.ErrorCount == faults) MappingSamples.Check(mapping, samples);
        return mapping;
    }

    // A hash of everything that affects the result of the mapping.
    private static string Fingerprint(params YamlSection?[] sections)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var section in sections)
        {
            foreach (var (key, node) in section?.Members ?? [])
            {
                if (key != "samples") hash.AppendData(Encoding.UTF8.GetBytes($"{key}\n{YamlJson.Value(node).GetRawText()}\n"));
            }
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }

    private static Draft? Preset(YamlSection section, string name, out YamlSection? preset)
    {
        preset = Presets.Find(name);
        if (preset is not null) return Draft.Read(preset);
        section.AddError("preset", $"'{name}' is not a preset; use one of {string.Join(", ", Presets.Names)}, or remove 'preset'");
        return null;
    }

    /// <summary>A section alone, before it is combined with a preset.</summary>
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
            if (ignore is not (null or "true")) section.AddError("ignore", "'ignore' can only be true; write ignore: true, or remove it");
            var isEither = ignore is null != (events.Count == 0);
            if (!isEither) section.AddError("a rule must have either a list of 'events' or 'ignore: true'; write one of them");
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
            if (!isType) section.AddError("type", $"'{type}' is not an event type; use one of {string.Join(", ", EventTemplate.Types)}");
            foreach (var names in EventTemplate.Required(type).Where(names => !names.Any(members.ContainsKey)))
            {
                section.AddError($"the event has no {string.Join(" and no ", names)}; add it here or under 'every'");
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
                // An invalid member gets a placeholder, so that it is not also reported as missing.
                if (section.Node(name) is { } node) members[name] = read(section, node) ?? new Constant("", default);
            }
        }
    }
}
