using System.Globalization;

namespace Cdp.LocalRegistry;

/// <summary>A version of a subject. The id identifies the schema, so it is the same under every subject that has it.</summary>
public sealed record SchemaVersion(string Subject, int Version, int Id, ParsedSchema Schema);

/// <summary>A compatibility level of a subject or, if the subject is null, of all subjects without their own level.</summary>
public sealed record LevelChange(string? Subject, CompatibilityLevel Level);

/// <summary>
/// The schemas and levels of the registry, and its decisions. Changes only through <see cref="Apply(SchemaVersion)"/> and
/// <see cref="Apply(LevelChange)"/>, once the change is in the topic. Not thread-safe.
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

    /// <summary>The subject's own level; null if there is none.</summary>
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

    /// <summary>Decides a registration: the version that the subject already has, a new version to write and apply, or an error.</summary>
    public (SchemaVersion? Version, bool IsNew, RegistryError? Error) Register(string subject, ParsedSchema schema)
    {
        if (Find(subject, schema) is { } existing) return (existing, false, null);
        if (Check(subject, schema, Versions(subject)) is { Count: > 0 } errors) return (null, false, RegistryError.Incompatible(subject, errors));
        var id = _ids.TryGetValue(schema.Text, out var known) ? known : _schemas.Keys.DefaultIfEmpty(0).Max() + 1;
        var number = Versions(subject) is [.., var last] ? last.Version + 1 : 1;
        return (new SchemaVersion(subject, number, id, schema), true, null);
    }

    /// <summary>The version of the subject that is exactly this schema; null if there is none.</summary>
    public SchemaVersion? Find(string subject, ParsedSchema schema) => Versions(subject).FirstOrDefault(version => version.Schema.Text == schema.Text);

    public ParsedSchema? Schema(int id) => _schemas.GetValueOrDefault(id);

    /// <summary>The subject's versions in ascending order; empty if the subject is unknown.</summary>
    public IReadOnlyList<SchemaVersion> Versions(string subject) => _subjects.TryGetValue(subject, out var versions) ? [.. versions.Values] : [];

    /// <summary>Every version that uses a schema, ordered by subject.</summary>
    public IEnumerable<SchemaVersion> Uses(int id) => _subjects.Values.SelectMany(versions => versions.Values).Where(version => version.Id == id);

    /// <summary>One version by its number, "latest" or "-1".</summary>
    public (SchemaVersion? Version, RegistryError? Error) Version(string subject, string version)
    {
        var isLatest = version is "latest" or "-1";
        var number = 0;
        if (!isLatest && (!int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out number) || number < 1))
        {
            return (null, RegistryError.InvalidVersion(version));
        }
        var versions = Versions(subject);
        if (versions.Count == 0) return (null, RegistryError.SubjectNotFound(subject));
        var found = isLatest ? versions[^1] : versions.FirstOrDefault(candidate => candidate.Version == number);
        return found is null ? (null, RegistryError.VersionNotFound(version)) : (found, null);
    }

    /// <summary>Why the subject's level forbids the schema after these versions; empty if it is allowed.</summary>
    public IReadOnlyList<string> Check(string subject, ParsedSchema schema, IReadOnlyList<SchemaVersion> earlier)
    {
        var level = LevelOf(subject) ?? _level;
        var compared = level.IsTransitive() ? earlier : [.. earlier.TakeLast(1)];
        var errors = new List<string>();
        foreach (var version in compared)
        {
            if (level.NewReadsOld()) Compare(schema, version.Schema, $"reading version {version.Version} with the new schema");
            if (level.OldReadsNew()) Compare(version.Schema, schema, $"reading the new schema with version {version.Version}");
        }
        return errors;

        void Compare(ParsedSchema reader, ParsedSchema writer, string direction) =>
            errors.AddRange(AvroCompatibility.FindErrors(reader.Schema, writer.Schema).Select(error => $"{direction}: {error}"));
    }
}
