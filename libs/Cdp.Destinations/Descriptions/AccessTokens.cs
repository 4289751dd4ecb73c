using System.Text;
using System.Text.Json;
using Cdp.Destinations.Delivery;
using Cdp.Destinations.Http;

namespace Cdp.Destinations.Descriptions;

/// <summary>An access token, or why there is none.</summary>
internal readonly record struct AccessToken(string? Value, DeliveryResult? Failure);

/// <summary>
/// The access tokens of OAuth 2.0: one at a time, requested when it is first needed, and again shortly before it expires or after the target has refused it.
/// Source: RFC 6749, sections 4.4, 5 and 6. Thread-safe.
/// </summary>
internal sealed class AccessTokens(Uri url, string form, HttpSender sender, Secrets secrets, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    private readonly OutboundRequest _request =
        new("POST", url, [new("Content-Type", "application/x-www-form-urlencoded")], Encoding.UTF8.GetBytes(form));

    private readonly SemaphoreSlim _requesting = new(1);
    private string? _token;
    private DateTimeOffset _expires;

    public async Task<AccessToken> GetAsync(CancellationToken stopping)
    {
        await _requesting.WaitAsync(stopping);
        try
        {
            if (_token is { } known && time.GetUtcNow() < _expires) return new AccessToken(known, null);
            return await RequestAsync(stopping);
        }
        finally
        {
            _requesting.Release();
        }
    }

    /// <summary>Forgets a token that the target has refused, unless it has been replaced since.</summary>
    public async Task ForgetAsync(string token, CancellationToken stopping)
    {
        await _requesting.WaitAsync(stopping);
        if (_token == token) _token = null;
        _requesting.Release();
    }

    public void Dispose() => _requesting.Dispose();

    private async Task<AccessToken> RequestAsync(CancellationToken stopping)
    {
        var exchange = await sender.SendAsync(_request, stopping);
        if (exchange is HttpExchange.Failed { Result: DeliveryResult.Refused refused }) return new AccessToken(null, refused);
        if (exchange is not HttpExchange.Answered { Response: var response }) return Failed(((HttpExchange.Failed)exchange).Result.ToString()!);
        var body = ResponseRules.Parse(response);
        if (response.Status != 200 || body is not { ValueKind: JsonValueKind.Object } json
            || !json.TryGetProperty("access_token", out var token) || token.ValueKind != JsonValueKind.String)
        {
            return Failed($"HTTP {response.Status} {Encoding.UTF8.GetString(response.Body.Span)}");
        }
        var lifetime = json.TryGetProperty("expires_in", out var seconds) && seconds.ValueKind == JsonValueKind.Number ? seconds.GetDouble() : 300;
        (_token, _expires) = (token.GetString(), time.GetUtcNow() + TimeSpan.FromSeconds(Math.Clamp(lifetime, 0, 86_400)) - Margin);
        return new AccessToken(_token, null);
    }

    // Nothing was sent, and the events are not at fault: they wait until the operator has renewed the credentials.
    private AccessToken Failed(string reason) =>
        new(null, new DeliveryResult.Unreachable(secrets.Reason($"no access token from {url.Host}: {reason}; renew the credentials of the destination")));
}
