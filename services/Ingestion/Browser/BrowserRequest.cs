using Cdp.Ingestion.Receiving;
using Cdp.Ingestion.Sources;

namespace Cdp.Ingestion.Browser;

/// <summary>Finds the address under which the browser that sent a request reaches this service.</summary>
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
