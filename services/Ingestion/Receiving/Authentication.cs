using Cdp.Hosting;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Sources;

namespace Cdp.Ingestion.Receiving;

/// <summary>Who sends: the source of the write key in the Authorization header (Basic, as user), in the query, or in the body.</summary>
public sealed class Authentication(LiveFiles<SourceCatalog> sources)
{
    /// <returns>A source, or why it is refused; neither where the key may still come in the body.</returns>
    public (Source? Source, Rejection? Refused) OfRequest(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (header.Length > 0) return OfKey(WriteKeys.FromBasic(header), request);
        return request.Query["writeKey"].ToString() is { Length: > 0 } key ? OfKey(key, request) : (null, null);
    }

    public (Source? Source, Rejection? Refused) OfKey(string? writeKey, HttpRequest request)
    {
        if (string.IsNullOrEmpty(writeKey)) return (null, Rejection.NoWriteKey);
        if (sources.Current.WriteKeys.Find(writeKey) is not { } source) return (null, Rejection.UnknownWriteKey);
        if (!source.Enabled) return (source, Rejection.SourceDisabled);
        if (source.Origins.Allow(request.Headers.Origin)) return (source, null);
        Cors.Forbid(request.HttpContext.Response);
        return (source, Rejection.OriginNotAllowed);
    }
}
