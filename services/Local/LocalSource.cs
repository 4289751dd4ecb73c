namespace Cdp.Local;

/// <summary>The source that Local's own write key belongs to, as ingestion reads it: a file in a folder.</summary>
public static class LocalSource
{
    /// <summary>Writes it anew at each start, since the key is what the data's secrets say.</summary>
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
        return folder;
    }
}
