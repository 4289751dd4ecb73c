using System.Text.Json;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Receiving;
using Cdp.Ingestion.Sources;

namespace Cdp.Ingestion.Browser;

/// <summary>Returns the anonymousId in the visitor's cookie to the page, and stores in the cookie the anonymousId that the page's SDK uses now.</summary>
public sealed class AnonymousIdEndpoint(Authentication authentication, ClientAddress addresses, Admission admission)
{
    private const int MaxBody = 4 * 1024;
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);

    public async Task<Rejection?> HandleAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        response.Headers.CacheControl = "no-store";
        var (source, refused) = authentication.OfKey((string?)request.RouteValues["writeKey"], request);
        if ((refused ?? Refuse(source!, request)) is { } rejection) return rejection;
        var cookie = source!.Cookie!;
        if (IsRead(request))
        {
            await response.WriteAsJsonAsync(new { anonymousId = request.Cookies[cookie.Name] is { Length: > 0 } remembered ? remembered : null });
            return null;
        }
        string? anonymousId = null;
        if (HttpMethods.IsPut(request.Method))
        {
            using var body = new RequestBody(admission);
            if (await body.ReadAsync(request, MaxBody, context.RequestAborted) is { } unread) return unread;
            anonymousId = Read(body.Memory);
            if (anonymousId is null) return BrowserRejections.NoAnonymousId;
        }
        // To delete a cookie, it must be sent with the domain and path it was set with.
        var options = new CookieOptions
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Lax,
            Secure = BrowserRequest.Address(request, source, addresses).Scheme == "https",
            Domain = cookie.Domain,
            Path = "/",
            MaxAge = anonymousId is null ? TimeSpan.Zero : Year,
        };
        response.Cookies.Append(cookie.Name, anonymousId ?? "", options);
        await response.WriteAsJsonAsync(new { success = true });
        return null;
    }

    private static Rejection? Refuse(Source source, HttpRequest request)
    {
        if (source.Type != SourceType.Web) return BrowserRejections.NotWeb;
        if (source.Cookie is null) return BrowserRejections.NoCookie;
        // Browsers ignore a cookie set by a cross-site fetch, but not one set by a cross-site navigation. Another site must not choose a visitor's anonymousId.
        return !IsRead(request) && request.Headers["Sec-Fetch-Site"] == "cross-site" ? BrowserRejections.CrossSite : null;
    }

    private static string? Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("anonymousId", out var id)
                && id.ValueKind == JsonValueKind.String && id.GetString() is { Length: > 0 and <= FirstPartyCookie.MaxCharacters } text ? text : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or the text contains an unpaired surrogate.
            return null;
        }
    }

    private static bool IsRead(HttpRequest request) => HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
}
