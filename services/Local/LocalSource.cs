using Cdp.Ingestion.Sources;

namespace Cdp.Local;

/// <summary>The sources that Local's own write keys belong to, one for servers and one for pages, as ingestion reads them: files in a folder.</summary>
public static class LocalSource
{
    /// <summary>Writes them anew at each start, since the keys are what the data's secrets say.</summary>
    /// <returns>The folder.</returns>
    public static string Write(string dataDirectory, Secrets secrets)
    {
        var folder = Path.Combine(Path.GetFullPath(dataDirectory), "sources");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "local.yaml"), $"""
            # Written at each start; sources of your own belong into the sources folder of the configuration.
            id: local
            type: server
            write_keys: {secrets.WriteKeyHash}

            """);
        File.WriteAllText(Path.Combine(folder, "local-web.yaml"), $$"""
            # Written at each start; sources of your own belong into the sources folder of the configuration.
            id: local-web
            type: web
            write_keys: {{WriteKeys.Hash(secrets.WebWriteKey)}}
            cookie: {}

            """);
        return folder;
    }
}
