namespace Cdp.Ingestion.Importing.Checkpoints;

/// <summary>
/// Compares the settings of an import: format, separator, type, mapping and its rules. If an upload resumed with different settings, the two parts of the file
/// would be imported differently.
/// </summary>
public static class ImportSettings
{
    /// <param name="before">The settings of the checkpoint; empty if it was written before settings were stored.</param>
    /// <param name="now">The settings of the request.</param>
    /// <returns>A description of each setting that differs.</returns>
    public static IEnumerable<string> Differences(IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> now)
    {
        var isOtherMapping = before.GetValueOrDefault("mapping") != now.GetValueOrDefault("mapping");
        foreach (var (name, value) in now)
        {
            if (!before.TryGetValue(name, out var earlier) || earlier == value) continue;
            if (name != "rules") yield return $"{name} was {Describe(earlier)} and is now {Describe(value)}";
            else if (!isOtherMapping) yield return $"the rules of the mapping {Describe(now["mapping"])} have changed";
        }
    }

    private static string Describe(string value) => value switch
    {
        "" => "not given",
        "\t" => "a tab",
        _ => $"'{value}'",
    };
}
