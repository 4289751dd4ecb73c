using Cdp.Ingestion.Receiving;
using Cdp.Ingestion.Sources;

namespace Cdp.Ingestion.Browser;

/// <summary>What a request tells of the browser's view of us.</summary>
public static class BrowserRequest
{
    public static PublicAddress Address(HttpRequest request, Source source, ClientAddress addresses) => PublicAddress.Find(
        source.PublicUrl,
        request.Scheme,
        request.Host.Value ?? "",
        request.Headers["X-Forwarded-Proto"],
        request.Headers["X-Forwarded-Host"],
        addresses.IsBehindProxy(request.HttpContext));
}
