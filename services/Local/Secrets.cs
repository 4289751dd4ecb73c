using System.Security.Cryptography;
using System.Text.Json;
using Cdp.Hosting;
using Cdp.Ingestion.Sources;

namespace Cdp.Local;

/// <summary>What is drawn once and kept with the data: who may send, how identifiers become profile ids, and who may read profiles.</summary>
/// <param name="WriteKey">The key that SDKs are given.</param>
/// <param name="ProfileIds">The key of the hash; with another one every customer would get another profile.</param>
/// <param name="ApiToken">What the profile API and the identity API are asked with.</param>
public sealed record Secrets(string WriteKey, string ProfileIds, string ApiToken)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>SHA-256 of the write key in hexadecimal, as ingestion is given it.</summary>
    public string WriteKeyHash => WriteKeys.Hash(WriteKey);

    /// <summary>The key that pages are given, and so everybody: derived, and no way leads back.</summary>
    public string WebWriteKey => WriteKeys.Hash($"web {WriteKey}")[..32];

    /// <summary>Reads them, or draws and keeps them where there are none.</summary>
    /// <exception cref="StartException">The file is there but damaged.</exception>
    public static Secrets Open(string dataDirectory)
    {
        var path = Path.Combine(Path.GetFullPath(dataDirectory), "secrets.json");
        if (File.Exists(path)) return Read(path);

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return Kept(path, new Secrets(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)), NewApiToken.Draw()));
    }

    private static Secrets Kept(string path, Secrets secrets)
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
                // Data of before there was one: it loses nothing by a token of its own.
                return string.IsNullOrEmpty(secrets.ApiToken) ? Kept(path, secrets with { ApiToken = NewApiToken.Draw() }) : secrets;
            }
            throw new StartException($"{path} lacks WriteKey or ProfileIds; restore it, or delete the whole data directory to start anew");
        }
        catch (JsonException e)
        {
            throw new StartException($"{path} cannot be read ({e.Message}); restore it, or delete the whole data directory to start anew");
        }
    }
}
