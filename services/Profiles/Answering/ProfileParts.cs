namespace Cdp.Profiles.Answering;

/// <summary>The members of an answer that can be chosen by <c>?include=</c>, named as they are there. The rest is always told: it is small.</summary>
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

    /// <summary>What is answered unless something is chosen.</summary>
    Usual = Identifiers | Traits | Counts | Recent | Accounts | Members | Absorbed | Reflects,
}

/// <summary>Reads which parts are asked for.</summary>
public static class ProfilePartsReader
{
    private static readonly Dictionary<string, ProfileParts> ByName = Enum.GetValues<ProfileParts>()
        .Where(part => part is not (ProfileParts.None or ProfileParts.Usual)).ToDictionary(part => part.ToString().ToLowerInvariant());

    /// <param name="include">The names with commas between; null or empty: the usual ones.</param>
    /// <param name="provenance">true, false or null: whether provenance is told beside those.</param>
    /// <returns>The parts, and every fault.</returns>
    public static (ProfileParts Parts, IReadOnlyList<string> Faults) Read(string? include, string? provenance)
    {
        var (parts, faults) = (ProfileParts.None, new List<string>());
        foreach (var name in (include ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (ByName.TryGetValue(name, out var part)) parts |= part;
            else faults.Add($"include names '{name}'; it takes {string.Join(", ", ByName.Keys)}, with commas between");
        }
        if (parts == ProfileParts.None) parts = ProfileParts.Usual;
        if (provenance is "true") parts |= ProfileParts.Provenance;
        else if (provenance is not (null or "false")) faults.Add($"provenance is '{provenance}'; it takes true or false");
        return (parts, faults);
    }
}
