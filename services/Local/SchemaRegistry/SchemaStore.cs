using System.Globalization;

namespace Cdp.Local.SchemaRegistry;

/// <summary>A version of a subject. The id is the schema's own: the same under every subject that has it.</summary>
public sealed record SchemaVersion(string Subject, int Version, int Id, ParsedSchema Schema);

/// <summary>A compatibility level, of a subject or (null) of all that have none of their own.</summary>
public sealed record LevelChange(string? Subject, CompatibilityLevel Level);

/// <summary>
/// What the registry knows, and what it decides on a request. It changes only through <see cref="Apply(SchemaVersion)"/> and
/// <see cref="Apply(LevelChange)"/>, with what was written to the log before. Not thread-safe.
/// </summary>
public sealed class SchemaStore(CompatibilityLevel defaultLevel)
{
    private readonly SortedDictionary<string, SortedDictionary<int, SchemaVersion>> _subjects = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _ids = [];
    private readonly Dictionary<int, ParsedSchema> _schemas = [];
    private readonly Dictionary<string, CompatibilityLevel> _levels = [];
    private CompatibilityLevel _level = defaultLevel;

    public IEnumerable<string> Subjects => _subjects.Keys;

    public CompatibilityLevel Level => _level;

    /// <summary>The subject's own level, or null.</summary>
    public CompatibilityLevel? LevelOf(string subject) => _levels.TryGetValue(subject, out var level) ? level : null;

    public void Apply(SchemaVersion version)
    {
        if (!_subjects.TryGetValue(version.Subject, out var versions)) _subjects[version.Subject] = versions = [];
        versions[version.Version] = version;
        _ids[version.Schema.Text] = version.Id;
        _schemas[version.Id] = version.Schema;
    }

    public void Apply(LevelChange change)
    {
        if (change.Subject is { } subject) _levels[subject] = change.Level;
        else _level = change.Level;
    }

    /// <summary>What registering this schema comes to: the version that the subject has already, or a new one to be written and applied, or a refusal.</summary>
    public (SchemaVersion? Version, bool IsNew, RegistryError? Error) Register(string subject, ParsedSchema schema)
    {
        if (Find(subject, schema) is { } existing) return (existing, false, null);
        if (Check(subject, schema, Versions(subject)) is { Count: > 0 } faults) return (null, false, RegistryError.Incompatible(subject, faults));
        var id = _ids.TryGetValue(schema.Text, out var known) ? known : _schemas.Keys.DefaultIfEmpty(0).Max() + 1;
        var number = Versions(subject) is [.., var last] ? last.Version + 1 : 1;
        return (new SchemaVersion(subject, number, id, schema), true, null);
    }

    /// <summary>The version under which the subject has exactly this schema.</summary>
    public SchemaVersion? Find(string subject, ParsedSchema schema) => Versions(subject).FirstOrDefault(version => version.Schema.Text == schema.Text);

    public ParsedSchema? Schema(int id) => _schemas.GetValueOrDefault(id);

    /// <summary>The subject's versions in ascending order; empty where it is unknown.</summary>
    public IReadOnlyList<SchemaVersion> Versions(string subject) => _subjects.TryGetValue(subject, out var versions) ? [.. versions.Values] : [];

    /// <summary>Every use of a schema, by subject.</summary>
    public IEnumerable<SchemaVersion> Uses(int id) => _subjects.Values.SelectMany(versions => versions.Values).Where(version => version.Id == id);

    /// <summary>One version, by number, "latest" or "-1".</summary>
    public (SchemaVersion? Version, RegistryError? Error) Version(string subject, string version)
    {
        var isLatest = version is "latest" or "-1";
        var number = 0;
        if (!isLatest && (!int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out number) || number < 1)) return (null, RegistryError.InvalidVersion(version));
        var versions = Versions(subject);
        if (versions.Count == 0) return (null, RegistryError.SubjectNotFound(subject));
        var found = isLatest ? versions[^1] : versions.FirstOrDefault(candidate => candidate.Version == number);
        return found is null ? (null, RegistryError.VersionNotFound(version)) : (found, null);
    }

    /// <summary>Why the schema may not follow these versions under the subject's level; empty when it may.</summary>
    public IReadOnlyList<string> Check(string subject, ParsedSchema schema, IReadOnlyList<SchemaVersion> earlier)
    {
        var level = LevelOf(subject) ?? _level;
        var compared = level.IsTransitive() ? earlier : [.. earlier.TakeLast(1)];
        var faults = new List<string>();
        foreach (var version in compared)
        {
            if (level.NewReadsOld()) faults.AddRange(AvroCompatibility.Faults(schema.Schema, version.Schema.Schema).Select(fault => $"reading version {version.Version} with the new schema: {fault}"));
            if (level.OldReadsNew()) faults.AddRange(AvroCompatibility.Faults(version.Schema.Schema, schema.Schema).Select(fault => $"reading the new schema with version {version.Version}: {fault}"));
        }
        return faults;
    }
}
