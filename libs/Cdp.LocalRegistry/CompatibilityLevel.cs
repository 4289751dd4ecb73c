namespace Cdp.LocalRegistry;

/// <summary>How a new version of a subject must be compatible with earlier versions.</summary>
public enum CompatibilityLevel
{
    None,
    Backward,
    BackwardTransitive,
    Forward,
    ForwardTransitive,
    Full,
    FullTransitive,
}

/// <summary>The names of the levels in Confluent's API, and what they require.</summary>
public static class CompatibilityLevels
{
    private static readonly Dictionary<string, CompatibilityLevel> ByName =
        Enum.GetValues<CompatibilityLevel>().ToDictionary(Name, StringComparer.OrdinalIgnoreCase);

    public static bool TryParse(string? name, out CompatibilityLevel level)
    {
        level = default;
        return name is not null && ByName.TryGetValue(name, out level);
    }

    /// <summary>The name in the API, such as FULL_TRANSITIVE.</summary>
    public static string Name(this CompatibilityLevel level) => level switch
    {
        CompatibilityLevel.BackwardTransitive => "BACKWARD_TRANSITIVE",
        CompatibilityLevel.ForwardTransitive => "FORWARD_TRANSITIVE",
        CompatibilityLevel.FullTransitive => "FULL_TRANSITIVE",
        _ => level.ToString().ToUpperInvariant(),
    };

    /// <summary>Whether the new schema must read what the earlier ones wrote.</summary>
    public static bool NewReadsOld(this CompatibilityLevel level) =>
        level is not (CompatibilityLevel.None or CompatibilityLevel.Forward or CompatibilityLevel.ForwardTransitive);

    /// <summary>Whether the earlier schemas must read what the new one writes.</summary>
    public static bool OldReadsNew(this CompatibilityLevel level) =>
        level is not (CompatibilityLevel.None or CompatibilityLevel.Backward or CompatibilityLevel.BackwardTransitive);

    /// <summary>Whether all earlier versions count, not only the last.</summary>
    public static bool IsTransitive(this CompatibilityLevel level) =>
        level is CompatibilityLevel.BackwardTransitive or CompatibilityLevel.ForwardTransitive or CompatibilityLevel.FullTransitive;
}
