namespace Cdp.Identifiers.Configuration;

/// <summary>The section <c>ProfileIds</c>: how identifiers become profile ids. It is the same in every service that reads or writes profiles.</summary>
public sealed record ProfileIdOptions
{
    /// <summary>The secret of the keyed hash. It must never change: with another key every customer would get another profile.</summary>
    public string Key { get; init; } = "";

    public IEnumerable<string> Errors()
    {
        if (string.IsNullOrWhiteSpace(Key))
        {
            yield return "ProfileIds:Key is empty; set it (CDP_ProfileIds__Key) to a secret of your own, the same in identity and profiles, "
                + "and never change it";
        }
    }
}
