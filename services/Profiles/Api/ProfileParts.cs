
namespace Cdp.Profiles.Api;

/// <summary>
/// The members of a response that <c>?include=</c> can select, by their names in that parameter. All other members are small and always included.
/// </summary>
[Flags]
public enum ProfileParts
{
    None = 0,
    Identifiers = 1,
    Traits = 2,
    Provenance = 4,
    Counts = 8,
    Recent = 16,
    Accounts = 32,
    Members = 64,
    Absorbed = 128,
    Reflects = 256,

    /// <summary>The parts that are included unless the request selects some.</summary>
    Default = Identifiers | Traits | Counts | Recent | Accounts | Members | Absorbed | Reflects,
}

/// <summary>Reads the parts that a request selects.</summary>
public static class ProfilePartsReader
{
    private static readonly Dictionary<string, ProfileParts> ByName = Enum.GetValues<ProfileParts>()
        .Where(part => part is not (ProfileParts.None or ProfileParts.Default)).ToDictionary(part => part.ToString().ToLowerInvariant());

    /// <param name="include">The names of parts, separated by commas; null or empty selects the default ones.</param>
    /// <param name="provenance"><c>true</c> adds the provenance; <c>false</c> or null does not.</param>
    /// <returns>The parts, and all errors.</returns>
    public static (ProfileParts Parts, IReadOnlyList<string> Errors) Read(string? include, string? provenance)
    {
        var (parts, errors) = (ProfileParts.None, new List<string>());
        foreach (var name in (include ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (ByName.TryGetValue(name, out var part)) parts |= part;
            else errors.Add($"include names '{name}'; it must be a comma-separated list of {string.Join(", ", ByName.Keys)}");
        }
        if (parts == ProfileParts.None) parts = ProfileParts.Default;
        if (provenance is "true") parts |= ProfileParts.Provenance;
        else if (provenance is not (null or "false")) errors.Add($"provenance is '{provenance}'; it must be true or false");
        return (parts, errors);
    }
}
