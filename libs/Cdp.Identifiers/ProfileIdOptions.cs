namespace Cdp.Identifiers;

/// <summary>How identifiers become profile ids. One section, <c>ProfileIds</c>, the same in every service that reads or writes profiles.</summary>
public sealed record ProfileIdOptions
{
    /// <summary>The secret of the keyed hash. It never changes: another key would give every customer another profile.</summary>
    public string Key { get; init; } = "";

    public IEnumerable<string> Errors()
    {
        if (string.IsNullOrWhiteSpace(Key)) yield return "ProfileIds:Key is empty; set it (CDP_ProfileIds__Key) to a secret of your own, the same in identity and profiles, and never change it";
    }
}
