namespace Cdp.LocalRegistry;

/// <summary>An error with the code and text of Confluent's registry. The HTTP status is the first three digits of the code.</summary>
public sealed record RegistryError(int Code, string Message)
{
    public int Status => Code >= 1_000 ? Code / 100 : Code;

    public static RegistryError SubjectNotFound(string subject) => new(40401, $"Subject '{subject}' not found.");

    public static RegistryError VersionNotFound(string version) => new(40402, $"Version {version} not found.");

    public static RegistryError SchemaNotFound() => new(40403, "Schema not found");

    public static RegistryError SchemaNotFound(int id) => new(40403, $"Schema {id} not found");

    public static RegistryError LevelNotConfigured(string subject) => new(40408, $"Subject '{subject}' does not have subject-level compatibility configured");

    public static RegistryError Incompatible(string subject, IEnumerable<string> errors) => new(
        409, $"Schema being registered is incompatible with an earlier schema for subject \"{subject}\", details: {string.Join("; ", errors)}");

    public static RegistryError InvalidSchema(string why) => new(42201, $"Invalid schema: {why}");

    public static RegistryError InvalidVersion(string version) =>
        new(42202, $"The specified version '{version}' is not a valid version id. Allowed values are between [1, 2^31-1] and the string \"latest\"");

    public static RegistryError InvalidLevel(string? level) => new(
        42203,
        $"Invalid compatibility level '{level}'. Valid values are none, backward, forward, full, backward_transitive, forward_transitive, and full_transitive");

    public static RegistryError MalformedBody(string why) => new(400, $"Malformed request body: {why}");

    public static RegistryError StoreUnavailable(string why) => new(50001, $"Error while storing the schema: {why}");
}
