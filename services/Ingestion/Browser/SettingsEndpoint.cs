using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Receiving;
using Cdp.Ingestion.Sources;

namespace Cdp.Ingestion.Browser;

/// <summary>Answers the question that a browser SDK asks before it sends.</summary>
public sealed class SettingsEndpoint(Authentication authentication, ClientAddress addresses)
{
    // Long enough to spare most pages the question, short enough for a source that is switched off.
    private const int MaxAgeSeconds = 300;

    /// <summary>GET /v1/projects/{writeKey}/settings</summary>
    public Task AnswerSegmentAsync(HttpContext context)
    {
        var writeKey = (string)context.Request.RouteValues["writeKey"]!;
        var (source, refused) = authentication.OfKey(writeKey, context.Request);
        if ((refused ?? Refuse(source!)) is { } rejection) return RefuseAsync(context, source, rejection);
        return AnswerAsync(context.Response, "public", BrowserSettings.ForSegment(writeKey, BrowserRequest.Address(context.Request, source!, addresses)));
    }

    /// <summary>GET /sourceConfig/, the write key as the user of Basic authentication or in the query.</summary>
    public Task AnswerRudderStackAsync(HttpContext context)
    {
        var (source, refused) = authentication.OfRequest(context.Request);
        // The SDK takes any error for an outage; what stops it for good is to be told so.
        if (refused == Rejection.SourceDisabled) refused = null;
        else if (source is null) refused ??= Rejection.NoWriteKey;
        if ((refused ?? Refuse(source!)) is { } rejection) return RefuseAsync(context, source, rejection);
        return AnswerAsync(context.Response, "private", BrowserSettings.ForRudderStack(source!.Id, source.Enabled));
    }

    private static Rejection? Refuse(Source source) => source.Type == SourceType.Web ? null : BrowserRejections.NotWeb;

    private static Task RefuseAsync(HttpContext context, Source? source, Rejection rejection)
    {
        context.Response.Headers.CacheControl = "no-store";
        return Answers.RefuseAsync(context, source, rejection);
    }

    private static async Task AnswerAsync(HttpResponse response, string cache, byte[] body)
    {
        response.Headers.CacheControl = $"{cache}, max-age={MaxAgeSeconds}";
        // One URL, and an answer for each origin and key, whichever of them asked first.
        response.Headers.Vary = "Origin, Authorization";
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body);
    }
}
