using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Sources;

namespace Cdp.Ingestion.Browser;

/// <summary>Why requests to the browser endpoints are refused.</summary>
public static class BrowserRejections
{
    public static readonly Rejection NotWeb = new(
        404, "not_web", "only sources of type web can be used here: anyone can read the write key of a page, so it must not be the key of another type");

    public static readonly Rejection NoCookie = new(404, "no_cookie", "the source has no cookie: its file has no 'cookie' section");

    public static readonly Rejection CrossSite = new(
        403, "cross_site", "the page is on another site; serve this host under a name below the page's domain");

    public static readonly Rejection NoAnonymousId =
        new(400, "no_anonymous_id", $"send {{\"anonymousId\":\"…\"}} with 1 to {FirstPartyCookie.MaxCharacters} characters");
}
