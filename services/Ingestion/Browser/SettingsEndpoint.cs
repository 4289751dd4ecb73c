using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Receiving;
using Cdp.Ingestion.Sources;

namespace Cdp.Ingestion.Browser;

/// <summary>Returns the settings that a browser SDK requests before it sends events.</summary>
public sealed class SettingsEndpoint(Authentication authentication, ClientAddress addresses)
{
    // Long enough to spare most page views the request, short enough for a disabled source to take effect soon.
    private const int MaxAgeSeconds = 300;

    /// <summary>Handles GET /v1/projects/{writeKey}/settings.</summary>
    public async Task<Rejection?> HandleSegmentAsync(HttpContext context)
    {
        var writeKey = (string)context.Request.RouteValues["writeKey"]!;
        var (source, refused) = authentication.OfKey(writeKey, context.Request);
        if ((refused ?? Refuse(source!)) is { } rejection) return DoNotCache(context, rejection);
        await WriteAsync(context.Response, "public", BrowserSettings.ForSegment(writeKey, BrowserRequest.Address(context.Request, source!, addresses)));
        return null;
    }

    /// <summary>Handles GET /sourceConfig/, with the write key as the user name of Basic authentication or in the query.</summary>
    public async Task<Rejection?> HandleRudderStackAsync(HttpContext context)
    {
        var (source, refused) = authentication.OfRequest(context.Request);
        // The SDK treats any error as an outage and retries. Only "enabled": false in a 200 stops it.
        if (refused == Rejection.SourceDisabled) refused = null;
        else if (source is null) refused ??= Rejection.NoWriteKey;
        if ((refused ?? Refuse(source!)) is { } rejection) return DoNotCache(context, rejection);
        await WriteAsync(context.Response, "private", BrowserSettings.ForRudderStack(source!.Id, source.Enabled));
        return null;
    }

    private static Rejection? Refuse(Source source) => source.Type == SourceType.Web ? null : BrowserRejections.NotWeb;

    private static Rejection DoNotCache(HttpContext context, Rejection rejection)
    {
        context.Response.Headers.CacheControl = "no-store";
        return rejection;
    }

    private static async Task WriteAsync(HttpResponse response, string cache, byte[] body)
    {
        response.Headers.CacheControl = $"{cache}, max-age={MaxAgeSeconds}";
        // The response differs by origin and key at the same URL, so a cache must not share it between them.
        response.Headers.Vary = "Origin, Authorization";
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body);
    }
}
