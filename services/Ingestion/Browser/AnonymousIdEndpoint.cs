using System.Text.Json;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Receiving;
using Cdp.Ingestion.Sources;

namespace Cdp.Ingestion.Browser;

/// <summary>Tells a page the anonymousId that its visitor's cookie holds, and puts into the cookie what the page's SDK says it is now.</summary>
public sealed class AnonymousIdEndpoint(Authentication authentication, ClientAddress addresses, Admission admission)
{
    private const int MaxBody = 4 * 1024;
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);

    public async Task AnswerAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        response.Headers.CacheControl = "no-store";
        var (source, refused) = authentication.OfKey((string?)request.RouteValues["writeKey"], request);
        if ((refused ?? Refuse(source!, request)) is { } rejection)
        {
            await Answers.RefuseAsync(context, source, rejection);
            return;
        }
        var cookie = source!.Cookie!;
        if (HttpMethods.IsGet(request.Method))
        {
            await response.WriteAsJsonAsync(new { anonymousId = request.Cookies[cookie.Name] is { Length: > 0 } remembered ? remembered : null });
            return;
        }
        string? anonymousId = null;
        if (HttpMethods.IsPut(request.Method))
        {
            using var body = new RequestBody(admission);
            var unread = await body.ReadAsync(request, MaxBody, context.RequestAborted);
            anonymousId = unread is null ? Read(body.Memory) : null;
            if (anonymousId is null)
            {
                await Answers.RefuseAsync(context, source, unread ?? BrowserRejections.NoAnonymousId);
                return;
            }
        }
        // A cookie that is deleted must be named as it was when it was set.
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
    }

    private static Rejection? Refuse(Source source, HttpRequest request)
    {
        if (source.Type != SourceType.Web) return BrowserRejections.NotWeb;
        if (source.Cookie is null) return BrowserRejections.NoCookie;
        // Browsers would not keep what is set here, but for a page that navigates to us; and what they keep must not be another site's choice.
        return !HttpMethods.IsGet(request.Method) && request.Headers["Sec-Fetch-Site"] == "cross-site" ? BrowserRejections.CrossSite : null;
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
            // No JSON, or a text that is no Unicode.
            return null;
        }
    }
}
