namespace Cdp.Ingestion.Browser;

/// <summary>What is served to browsers from our own host, so that a page needs no other.</summary>
public sealed record SdkOptions
{
    /// <summary>The path below which files are served, such as /assets/js; null: none are, not even our own.</summary>
    public string? Path { get; init; }

    /// <summary>The folder with the SDKs' files, laid out as npm does it or in any other way; null: only our own script is served.</summary>
    public string? Folder { get; init; }

    /// <summary>Serves a page at PATH/test that shows the SDKs at work. Whoever has a write key can send with it, as with any page.</summary>
    public bool TestPage { get; init; }

    public IEnumerable<string> Errors()
    {
        if (Path is null && Folder is not null) yield return "Sdk:Folder is set but Sdk:Path is not; set the path below which it is served, such as /assets/js";
        if (Path is null && TestPage) yield return "Sdk:TestPage is true but Sdk:Path is not set; set the path below which it is served, such as /assets/js";
        if (Path is not null && !IsPath(Path)) yield return $"Sdk:Path is '{Path}'; set it to a path such as /assets/js, of letters, digits, '-', '_', '.' and '/', that is none of /v1, /health, /metrics";
        if (Folder is not null && !Directory.Exists(Folder)) yield return $"Sdk:Folder is '{Folder}', which does not exist; create it, or unset it";
    }

    private static bool IsPath(string path)
    {
        var parts = path.Split('/');
        return parts.Length > 1 && parts[0].Length == 0
            && parts.Skip(1).All(part => part.Length > 0 && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') && part.Any(c => c != '.'))
            && parts[1] is not ("v1" or "health" or "metrics" or "docs" or "pixel" or "beacon" or "openapi" or "sourceConfig" or "rsaMetrics");
    }
}
