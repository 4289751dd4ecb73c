namespace Cdp.Chaos.Settings;

/// <summary>The answer of a failing schema registry: an HTTP status, or status 200 with a body that no registry sends.</summary>
public static class RegistryError
{
    /// <summary>A sign-in page.</summary>
    public const string WebPage = "web page";

    /// <summary>Valid JSON without a schema.</summary>
    public const string OtherJson = "other JSON";

    public const string RandomBytes = "random bytes";

    public static readonly IReadOnlyList<string> All = ["401", "403", "404", "500", "503", WebPage, OtherJson, RandomBytes];
}
