using Cdp.Ingestion.Sources;

namespace Cdp.Local.Settings;

/// <summary>The files of the two sources that Local provides: one for servers and one for web pages.</summary>
public static class LocalSources
{
    /// <summary>Writes the files. They are written at each start, because they depend on the secrets in the data directory.</summary>
    /// <returns>The path of the folder.</returns>
    public static string Write(string dataDirectory, Secrets secrets)
    {
        var folder = Path.Combine(Path.GetFullPath(dataDirectory), "sources");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "local.yaml"), $"""
            # Overwritten at each start. Put your own sources into the folder "sources" of the configuration.
            id: local
            type: server
            write_keys: {secrets.WriteKeyHash}

            """);
        File.WriteAllText(Path.Combine(folder, "local-web.yaml"), $$"""
            # Overwritten at each start. Put your own sources into the folder "sources" of the configuration.
            id: local-web
            type: web
            write_keys: {{WriteKeys.Hash(secrets.WebWriteKey)}}
            cookie: {}

            """);
        return folder;
    }
}
