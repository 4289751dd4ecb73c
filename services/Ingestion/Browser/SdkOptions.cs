namespace Cdp.Ingestion.Browser;

/// <summary>Files that the service serves to browsers, so that a page needs no other host.</summary>
public sealed record SdkOptions
{
    /// <summary>The path below which files are served, such as /assets/js; null to serve none, not even the service's own script.</summary>
    public string? Path { get; init; }

    /// <summary>The folder with the files of the SDKs, for example a node_modules folder; null to serve only the service's own script.</summary>
    public string? Folder { get; init; }

    /// <summary>Serves a page at PATH/test that sends test events. Anyone who has a write key can send with it, as with any page.</summary>
    public bool TestPage { get; init; }

    public IEnumerable<string> Errors()
    {
        const string SetPath = "set Sdk:Path to the path below which files are served, such as /assets/js";
        if (Path is null && Folder is not null) yield return $"Sdk:Folder is set but Sdk:Path is not; {SetPath}";
        if (Path is null && TestPage) yield return $"Sdk:TestPage is true but Sdk:Path is not set; {SetPath}";
        if (Path is not null && !IsPath(Path))
        {
            yield return $"Sdk:Path is '{Path}'; set it to a path such as /assets/js that has only letters, digits, '-', '_', '.' and '/' "
                + "and does not begin with a path of the service, such as /v1, /health or /metrics";
        }
        if (Folder is not null && !Directory.Exists(Folder)) yield return $"Sdk:Folder is '{Folder}', which does not exist; create it, or remove the option";
    }

    private static bool IsPath(string path)
    {
        var parts = path.Split('/');
        return parts.Length > 1 && parts[0].Length == 0
            && parts.Skip(1).All(part => part.Length > 0 && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') && part.Any(c => c != '.'))
            && parts[1] is not ("v1" or "health" or "metrics" or "docs" or "pixel" or "beacon" or "openapi" or "sourceConfig" or "rsaMetrics");
    }
}
