using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Schemas;
using Cdp.Testing;
using Xunit;

namespace Cdp.Streaming.Tests.Schemas;

/// <summary>Credentials and certificates are sent to the registry, and invalid ones are found at the start.</summary>
[Trait("tier", "integration")]
public sealed class RegistryAccessTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cdp-registry-access-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Register_User_SendsBasicAuthentication()
    {
        await using var fake = await FakeRegistry.StartAsync();
        using var registry = Registry(fake, new RegistryAccess { User = "ada", Password = "p:ä" });
        Assert.Equal(1, registry.Register("s", "\"int\""));
        Assert.Equal("Basic " + Convert.ToBase64String("ada:p:ä"u8), Assert.Single(fake.Authorizations));
    }

    [Fact]
    public async Task Register_Token_SendsBearer()
    {
        await using var fake = await FakeRegistry.StartAsync();
        using var registry = Registry(fake, new RegistryAccess { Token = "abc.def" });
        registry.Register("s", "\"int\"");
        Assert.Equal("Bearer abc.def", Assert.Single(fake.Authorizations));
    }

    [Fact]
    public async Task Find_TokenFileRotated_SendsTheNewToken()
    {
        await using var fake = await FakeRegistry.StartAsync();
        var file = Write("token", "first\n");
        using var registry = Registry(fake, new RegistryAccess { TokenFile = file });
        registry.Register("s", "\"int\"");
        Write("token", "second\n");
        registry.Find(1);
        Assert.Equal(["Bearer first", "Bearer second"], fake.Authorizations);

        File.Delete(file);
        Assert.Throws<SchemaUnavailableException>(() => registry.Find(1));
    }

    [Fact]
    public async Task Register_NoAccess_SendsNoCredentials()
    {
        await using var fake = await FakeRegistry.StartAsync();
        using var registry = Registry(fake, new RegistryAccess());
        registry.Register("s", "\"int\"");
        Assert.Equal("", Assert.Single(fake.Authorizations));
    }

    [Fact]
    public async Task Register_CaFileOfTheRegistrysAuthority_IsTrusted()
    {
        using var authority = Authority("the right one");
        using var server = Issue(authority, "127.0.0.1");
        await using var fake = await FakeRegistry.StartAsync(server);
        using var registry = Registry(fake, new RegistryAccess { CaFile = Write("ca.pem", authority.ExportCertificatePem()) });
        Assert.Equal(1, registry.Register("s", "\"int\""));
    }

    [Theory]
    [InlineData("another authority", "127.0.0.1")]
    [InlineData("the right one", "192.0.2.1")]
    public async Task Register_CaFileOfOtherAuthorityOrOtherHost_IsAnOutage(string trusted, string host)
    {
        using var authority = Authority("the right one");
        using var another = Authority("another authority");
        using var server = Issue(authority, host);
        await using var fake = await FakeRegistry.StartAsync(server);
        using var registry = Registry(
            fake, new RegistryAccess { CaFile = Write("ca.pem", (trusted == "the right one" ? authority : another).ExportCertificatePem()) });
        Assert.Throws<SchemaUnavailableException>(() => registry.Register("s", "\"int\""));
        Assert.Empty(fake.Authorizations);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("its password")]
    public async Task Register_ClientCertificate_IsPresented(string? password)
    {
        using var authority = Authority("the right one");
        using var server = Issue(authority, "127.0.0.1");
        using var client = Issue(authority, "a service");
        await using var fake = await FakeRegistry.StartAsync(server, presented => presented.Thumbprint == client.Thumbprint);
        using var key = client.GetECDsaPrivateKey()!;
        var access = new RegistryAccess
        {
            CaFile = Write("ca.pem", authority.ExportCertificatePem()),
            ClientCertificateFile = Write("client.pem", client.ExportCertificatePem()),
            ClientKeyFile = Write(
                "client.key",
                password is null
                    ? key.ExportPkcs8PrivateKeyPem()
                    : key.ExportEncryptedPkcs8PrivateKeyPem(password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1_000))),
            ClientKeyPassword = password,
        };
        Assert.Empty(access.Errors(new Uri(fake.Url)));
        using var registry = Registry(fake, access);
        Assert.Equal(1, registry.Register("s", "\"int\""));

        using var without = Registry(fake, access with { ClientCertificateFile = null, ClientKeyFile = null });
        Assert.Throws<SchemaUnavailableException>(() => without.Register("s", "\"int\""));
    }

    [Fact]
    public void Errors_EveryOptionInvalid_NamesEachWithItsKey()
    {
        var access = new RegistryAccess
        {
            User = "a:b",
            Token = "tok en",
            TokenFile = "/nowhere/token",
            CaFile = Write("empty.pem", ""),
            ClientCertificateFile = "/nowhere/cert",
            ClientKeyPassword = "x",
        };
        var errors = new KafkaOptions { SchemaRegistry = "http://registry:8081", RegistryAccess = access }.Errors().ToList();
        string[] expected =
        [
            "only one of User and Password", "User contains a colon", "both Token and TokenFile", "a user and a token", "Token is not a bearer token",
            "TokenFile /nowhere/token", "CaFile /", "only one of ClientCertificateFile", "ClientKeyPassword is set without", "is an http URL",
        ];
        Assert.Equal(expected.Length, errors.Count);
        foreach (var part in expected)
            Assert.Single(
                errors, error => error.Contains(part, StringComparison.Ordinal) && error.StartsWith("Kafka:RegistryAccess", StringComparison.Ordinal));
        Assert.DoesNotContain(errors, error => error.Contains("tok en", StringComparison.Ordinal));
    }

    [Fact]
    public void Errors_InvalidCertificateFiles_NamesThem()
    {
        var access = new RegistryAccess
        {
            CaFile = Write("ca.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            ClientCertificateFile = Write("c.pem", "x"),
            ClientKeyFile = Write("k.pem", "y"),
        };
        var errors = access.Errors(new Uri("https://registry")).ToList();
        Assert.Equal(2, errors.Count);
        Assert.Contains("ca.pem", errors[0], StringComparison.Ordinal);
        Assert.Contains("c.pem", errors[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_CredentialsInTheUrl_NamesTheOptionsWithoutTheCredentials()
    {
        var error = Assert.Single(new KafkaOptions { SchemaRegistry = "https://ada:secret@registry" }.Errors());
        Assert.Contains("Kafka:RegistryAccess:User", error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error, StringComparison.Ordinal);
    }

    private static SchemaRegistry Registry(FakeRegistry fake, RegistryAccess access) => new(new Uri(fake.Url), access);

    private string Write(string name, string text)
    {
        var file = Path.Combine(_folder, name);
        File.WriteAllText(file, text);
        return file;
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static X509Certificate2 Issue(X509Certificate2 authority, string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        if (IPAddress.TryParse(name, out var address))
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddIpAddress(address);
            request.CertificateExtensions.Add(names.Build());
        }
        using var issued = request.Create(authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1), RandomNumberGenerator.GetBytes(8));
        using var whole = issued.CopyWithPrivateKey(key);
        // TLS on this platform needs a key that is not ephemeral.
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }
}
