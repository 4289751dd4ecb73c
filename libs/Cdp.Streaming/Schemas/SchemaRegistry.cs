using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace Cdp.Streaming.Schemas;

/// <summary>A schema as the registry returns it.</summary>
/// <param name="Type">AVRO, JSON or PROTOBUF.</param>
/// <param name="Text">The schema itself, for Avro as JSON.</param>
public sealed record RegisteredSchema(string Type, string Text);

/// <summary>
/// The two requests that the services send to a Confluent-compatible registry. The calls block, because encoding and decoding do. Nothing is retried or
/// cached here. Every failure is a <see cref="SchemaUnavailableException"/>.
/// </summary>
public sealed class SchemaRegistry : IDisposable
{
    private const string ContentType = "application/vnd.schemaregistry.v1+json";
    private const int LongestReason = 300;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http;
    private readonly RegistryAccess _access;

    public SchemaRegistry(Uri url, RegistryAccess access) : this(url, access, Handler(access)) { }

    /// <param name="url">The base URL of the registry.</param>
    /// <param name="access">How to authenticate.</param>
    /// <param name="handler">Sends the requests; disposed with the registry.</param>
    public SchemaRegistry(Uri url, RegistryAccess access, HttpMessageHandler handler)
    {
        _access = access;
        _http = new HttpClient(handler)
        {
            BaseAddress = new Uri($"{url.GetLeftPart(UriPartial.Path).TrimEnd('/')}/"),
            Timeout = Timeout,
            MaxResponseContentBufferSize = 16 * 1024 * 1024,
        };
    }

    /// <summary>Registers a schema under a subject, unless it is registered there already.</summary>
    /// <returns>The id of the schema.</returns>
    /// <exception cref="SchemaUnavailableException">The schema could not be registered.</exception>
    public int Register(string subject, string schema) => Ask(
        $"the schema of subject {subject}",
        () => new HttpRequestMessage(HttpMethod.Post, $"subjects/{Uri.EscapeDataString(subject)}/versions")
        {
            Content = new StringContent(JsonSerializer.Serialize(new { schema }), Encoding.UTF8, ContentType),
        },
        answer => answer.GetProperty("id").GetInt32());

    /// <summary>Finds a schema by its id.</summary>
    /// <exception cref="SchemaUnavailableException">The schema was not found.</exception>
    public RegisteredSchema Find(int id) => Ask(
        $"schema {id}",
        () => new HttpRequestMessage(HttpMethod.Get, $"schemas/ids/{id}"),
        answer => new RegisteredSchema(
            // Registries omit the type of an Avro schema.
            answer.TryGetProperty("schemaType", out var type) ? type.GetString() ?? "AVRO" : "AVRO",
            answer.GetProperty("schema").GetString() ?? throw new JsonException("the schema is null")));

    public void Dispose() => _http.Dispose();

    private T Ask<T>(string what, Func<HttpRequestMessage> ask, Func<JsonElement, T> read)
    {
        try
        {
            using var request = ask();
            request.Headers.Accept.ParseAdd($"{ContentType}, application/json");
            request.Headers.Authorization = Credentials();
            using var response = _http.Send(request);
            using var body = response.Content.ReadAsStream();
            if (!response.IsSuccessStatusCode) throw Unavailable(what, Refusal(response.StatusCode, body));
            using var answer = JsonDocument.Parse(body);
            return read(answer.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw Unavailable(what, "the answer is not that of a schema registry; check Kafka:SchemaRegistry and any proxy in between", e);
        }
        catch (OperationCanceledException e)
        {
            throw Unavailable(what, $"it did not answer within {Timeout.TotalSeconds} s", e);
        }
        catch (Exception e) when (e is HttpRequestException and not SchemaUnavailableException or IOException or UnauthorizedAccessException)
        {
            throw Unavailable(what, e.InnerException is { } inner ? $"{e.Message} {inner.Message}" : e.Message, e);
        }
    }

    private SchemaUnavailableException Unavailable(string what, string why, Exception? inner = null) =>
        new($"{what} is not available from the registry at {_http.BaseAddress}: {why}", inner);

    private static string Refusal(HttpStatusCode status, Stream body)
    {
        var answered = $"it answered {(int)status}{Reason(body)}";
        return status switch
        {
            HttpStatusCode.Unauthorized => $"{answered}; set Kafka:RegistryAccess to credentials that the registry accepts",
            HttpStatusCode.Forbidden => $"{answered}; give the user of Kafka:RegistryAccess the right to read and register schemas",
            HttpStatusCode.NotFound =>
                $"{answered}; check that Kafka:SchemaRegistry is the registry of this installation, and restore the schema there if it has lost it",
            HttpStatusCode.Conflict => $"{answered}; the subject has an incompatible version: remove that version, or use another Kafka:TopicPrefix",
            _ => answered,
        };
    }

    // The message that registries add to an error; empty if there is none.
    private static string Reason(Stream body)
    {
        try
        {
            using var error = JsonDocument.Parse(body);
            return error.RootElement.TryGetProperty("message", out var message) && message.GetString() is { Length: > 0 } text
                ? $" ({text[..Math.Min(text.Length, LongestReason)]})"
                : "";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return "";
        }
    }

    private AuthenticationHeaderValue? Credentials() => _access switch
    {
        { User: { } user } => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{_access.Password}"))),
        { Token: { } token } => new("Bearer", token),
        { TokenFile: { } file } => new("Bearer", RegistryAccess.ReadToken(file)),
        _ => null,
    };

    private static SocketsHttpHandler Handler(RegistryAccess access)
    {
        var handler = new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), ConnectTimeout = Timeout, AllowAutoRedirect = false };
        if (access.CaFile is { } file)
        {
            // The host name is still checked against the certificate.
            handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            handler.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(RegistryAccess.ReadAuthorities(file));
        }
        if (access.ClientCertificateFile is not null)
        {
            var certificate = access.ReadCertificate();
            handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
        }
        return handler;
    }
}
