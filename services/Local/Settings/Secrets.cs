using System.Security.Cryptography;
using System.Text.Json;
using Cdp.Hosting.Api;
using Cdp.Ingestion.Sources;

namespace Cdp.Local.Settings;

/// <summary>Keys that are generated once and kept with the data.</summary>
/// <param name="WriteKey">The write key for SDKs on servers.</param>
/// <param name="ProfileIds">The key of the hash that turns identifiers into profile ids. With another key every customer would get another profile.</param>
/// <param name="ApiToken">The token for the profile API and the identity API.</param>
public sealed record Secrets(string WriteKey, string ProfileIds, string ApiToken)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>The SHA-256 of the write key in hexadecimal, as in the file of a source.</summary>
    public string WriteKeyHash => WriteKeys.Hash(WriteKey);

    /// <summary>The write key for web pages, which is public. The secret write key cannot be derived from it.</summary>
    public string WebWriteKey => WriteKeys.Hash($"web {WriteKey}")[..32];

    /// <summary>Reads the keys, or generates and saves them on the first start.</summary>
    /// <exception cref="StartException">The file is damaged, or the directory cannot be written to.</exception>
    public static Secrets Open(string dataDirectory)
    {
        var path = Path.Combine(Path.GetFullPath(dataDirectory), "secrets.json");
        if (File.Exists(path)) return Read(path);

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var writeKey = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
            var profileIds = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
            return Save(path, new Secrets(writeKey, profileIds, NewApiToken.Draw()));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException(
                $"cannot create or write to the data directory {Path.GetDirectoryName(path)}: {e.Message}; choose another one with --data DIR");
        }
    }

    private static Secrets Save(string path, Secrets secrets)
    {
        var unfinished = path + ".new";
        File.WriteAllText(unfinished, JsonSerializer.Serialize(new { secrets.WriteKey, secrets.ProfileIds, secrets.ApiToken }, Indented));
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(unfinished, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Move(unfinished, path, overwrite: true);
        return secrets;
    }

    private static Secrets Read(string path)
    {
        try
        {
            if (JsonSerializer.Deserialize<Secrets>(File.ReadAllText(path)) is { WriteKey.Length: > 0, ProfileIds.Length: > 0 } secrets)
            {
                // Data of an older version has no token yet.
                return string.IsNullOrEmpty(secrets.ApiToken) ? Save(path, secrets with { ApiToken = NewApiToken.Draw() }) : secrets;
            }
            throw new StartException($"{path} lacks WriteKey or ProfileIds; restore the file, or delete the whole data directory to start from scratch");
        }
        catch (JsonException e)
        {
            throw new StartException($"{path} is not valid JSON ({e.Message}); restore the file, or delete the whole data directory to start from scratch");
        }
    }
}
