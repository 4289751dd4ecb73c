using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Browser;

/// <summary>Why a browser is refused what only browsers ask for.</summary>
public static class BrowserRejections
{
    public static readonly Rejection NotWeb = new(404, "not_web", "the source is not of type web, and what a page knows everybody can read");
    public static readonly Rejection NoCookie = new(404, "no_cookie", "the source keeps no cookie: its file has no 'cookie' section");
    public static readonly Rejection CrossSite = new(403, "cross_site", "the page is of another site; give this host a name below the page's domain");

    public static readonly Rejection NoAnonymousId =
        new(400, "no_anonymous_id", $"send {{\"anonymousId\":\"…\"}} with 1 to {FirstPartyCookie.MaxCharacters} characters");
}
