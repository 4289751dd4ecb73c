using System.Text;
using Cdp.Destinations.Http;
using Cdp.Destinations.Values;

namespace Cdp.Destinations.Descriptions;

/// <summary>Adds to requests what proves who sends. Thread-safe.</summary>
internal sealed class Authenticator : IDisposable
{
    private readonly AuthenticationTemplate _template;
    private readonly DestinationSettings _settings;
    private readonly TimeProvider _time;

    public Authenticator(AuthenticationTemplate template, DestinationSettings settings, HttpSender sender, TimeProvider time)
    {
        (_template, _settings, _time) = (template, settings, time);
        Secrets = new Secrets([.. settings.Secrets, .. Credentials(settings.Values) is { } basic ? (string[])[basic] : []]);
        if (template.OAuth is null) return;
        var form = RequestBuilder.Pairs(template.OAuth, Data(settings.Values)).ToList();
        var url = form.Find(pair => pair.Key == "token_url").Value;
        Tokens = new AccessTokens(new Uri(url), RequestBuilder.Form(form.Where(pair => pair.Key != "token_url")), sender, Secrets, time);
    }

    /// <summary>What must not be in reasons, without access tokens.</summary>
    public Secrets Secrets { get; }

    /// <summary>The access tokens; null if the target needs none.</summary>
    public AccessTokens? Tokens { get; }

    /// <summary>What must not be in reasons.</summary>
    public Secrets WithToken(string? token) => token is null ? Secrets : new Secrets([.. _settings.Secrets, token]);

    public IReadOnlyList<KeyValuePair<string, string>> Headers(ReadOnlySpan<byte> body, string? token)
    {
        var headers = RequestBuilder.Pairs(_template.Headers, Data(_settings.Values)).ToList();
        if (Credentials(_settings.Values) is { } basic) headers.Add(new("Authorization", $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(basic))}"));
        if (token is not null) headers.Add(new("Authorization", $"Bearer {token}"));
        if (SignatureSecret(_settings.Values) is { } secret) headers.Add(new(Signature.Header, Signature.Sign(secret, _time.GetUtcNow(), body)));
        return headers;
    }

    /// <summary>The same headers with masked secrets.</summary>
    public IEnumerable<KeyValuePair<string, string>> MaskedHeaders()
    {
        foreach (var header in RequestBuilder.Pairs(_template.Headers, Data(_settings.Masked))) yield return header;
        if (_template.Basic is not null) yield return new("Authorization", $"Basic {Secrets.Mask}");
        if (Tokens is not null) yield return new("Authorization", $"Bearer {Secrets.Mask}");
        if (SignatureSecret(_settings.Masked) is not null) yield return new(Signature.Header, Secrets.Mask);
    }

    public void Dispose() => Tokens?.Dispose();

    private string? Credentials(Datum settings) => _template.Basic?.Map(Data(settings)) is { Kind: DatumKind.Object } basic
        ? $"{basic.Member("user").Format()}:{basic.Member("password").Format()}"
        : null;

    private string? SignatureSecret(Datum settings) =>
        _template.SignatureSecret is { } name && settings.Member(name) is { Kind: DatumKind.Text } secret ? secret.Text : null;

    private static Datum Data(Datum settings) => Datum.Of((IReadOnlyList<KeyValuePair<string, Datum>>)[new("settings", settings)]);
}
