using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Cdp.Streaming.Schemas;

/// <summary>
/// How the services authenticate to the schema registry, and which certificate authorities they trust. Section <c>Kafka:RegistryAccess</c>; every option
/// may be omitted.
/// </summary>
public sealed record RegistryAccess
{
    private const string Section = "Kafka:RegistryAccess";

    /// <summary>HTTP basic authentication, together with <see cref="Password"/>.</summary>
    public string? User { get; init; }

    /// <summary>The password of <see cref="User"/>.</summary>
    public string? Password { get; init; }

    /// <summary>A bearer token.</summary>
    public string? Token { get; init; }

    /// <summary>A file that contains a bearer token. It is read for every request, so that the token can be rotated.</summary>
    public string? TokenFile { get; init; }

    /// <summary>PEM file with the certificate authorities to trust, instead of those of the system.</summary>
    public string? CaFile { get; init; }

    /// <summary>PEM file with the client certificate, together with <see cref="ClientKeyFile"/>.</summary>
    public string? ClientCertificateFile { get; init; }

    /// <summary>PEM file with the key of the client certificate.</summary>
    public string? ClientKeyFile { get; init; }

    /// <summary>The password of <see cref="ClientKeyFile"/>, if that is encrypted.</summary>
    public string? ClientKeyPassword { get; init; }

    /// <summary>Every error, named with its key and remedy; empty when the options are valid.</summary>
    /// <param name="registry">The URL of the registry.</param>
    public IEnumerable<string> Errors(Uri registry)
    {
        if (User is null != Password is null) yield return $"{Section} sets only one of User and Password; set both, or neither";
        if (User?.Contains(':') == true)
            yield return $"{Section}:User contains a colon, which HTTP basic authentication does not allow; use another user";
        if (Token is not null && TokenFile is not null) yield return $"{Section} sets both Token and TokenFile; set one of them";
        if (User is not null && (Token is not null || TokenFile is not null)) yield return $"{Section} sets a user and a token; set one of them";
        if (Token is not null && !IsToken(Token))
            yield return $"{Section}:Token is not a bearer token: it is empty or contains a space or a control character; set it to the token alone";
        if (TokenFile is not null && Problem(() => ReadToken(TokenFile)) is { } token)
            yield return $"{Section}:TokenFile {TokenFile}: {token}; name a readable file that contains the token";
        foreach (var error in CertificateErrors(registry)) yield return error;
    }

    internal static string ReadToken(string file)
    {
        var token = File.ReadAllText(file).Trim();
        return IsToken(token) ? token : throw new InvalidDataException("it does not contain a bearer token");
    }

    internal static X509Certificate2Collection ReadAuthorities(string file)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(file);
        return authorities.Count > 0 ? authorities : throw new InvalidDataException("it does not contain a certificate");
    }

    internal X509Certificate2 ReadCertificate() => ClientKeyPassword is null
        ? X509Certificate2.CreateFromPemFile(ClientCertificateFile!, ClientKeyFile)
        : X509Certificate2.CreateFromEncryptedPemFile(ClientCertificateFile!, ClientKeyPassword, ClientKeyFile);

    private IEnumerable<string> CertificateErrors(Uri registry)
    {
        if (CaFile is not null && Problem(() => ReadAuthorities(CaFile)) is { } authorities)
            yield return $"{Section}:CaFile {CaFile}: {authorities}; name a readable PEM file with at least one certificate";
        if (ClientCertificateFile is null != ClientKeyFile is null)
            yield return $"{Section} sets only one of ClientCertificateFile and ClientKeyFile; set both, or neither";
        else if (ClientCertificateFile is not null && Problem(() => ReadCertificate().Dispose()) is { } certificate)
        {
            yield return $"{Section}:ClientCertificateFile {ClientCertificateFile}, ClientKeyFile {ClientKeyFile}: {certificate}; "
                + "name readable PEM files of a certificate and its key";
        }
        if (ClientKeyPassword is not null && ClientKeyFile is null)
            yield return $"{Section}:ClientKeyPassword is set without ClientKeyFile; set both, or neither";
        if (registry.Scheme == Uri.UriSchemeHttp && (CaFile ?? ClientCertificateFile) is not null)
            yield return $"{Section} sets certificates, but Kafka:SchemaRegistry is an http URL; use https, or remove CaFile and ClientCertificateFile";
    }

    private static bool IsToken(string text) => text.Length > 0 && text.All(c => c is > ' ' and <= '~');

    private static string? Problem(Action read)
    {
        try
        {
            read();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or InvalidDataException or ArgumentException)
        {
            return e.Message;
        }
    }
}
