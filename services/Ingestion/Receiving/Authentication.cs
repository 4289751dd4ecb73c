using Cdp.Hosting.Configuration;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Sources;

namespace Cdp.Ingestion.Receiving;

/// <summary>Finds the source of a request by its write key: the user name of Basic authentication, or <c>writeKey</c> in the query or in the body.</summary>
public sealed class Authentication(LiveFiles<SourceCatalog> sources)
{
    /// <summary>Looks for the write key in the Authorization header, then in the query.</summary>
    /// <returns>A source or the reason to refuse the request; neither if the key can only be in the body.</returns>
    public (Source? Source, Rejection? Refused) OfRequest(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (header.Length > 0) return OfKey(WriteKeys.FromBasic(header), request);
        return OfQuery(request) is { } key ? OfKey(key, request) : (null, null);
    }

    /// <summary>The write key of the query; null if there is none. Several different keys are joined into one that no source has.</summary>
    public static string? OfQuery(HttpRequest request)
    {
        var keys = request.Query["writeKey"];
        if (keys.Count <= 1) return keys.ToString() is { Length: > 0 } only ? only : null;
        string[] distinct = [.. keys.OfType<string>().Where(key => key.Length > 0).Distinct()];
        return distinct.Length == 0 ? null : string.Join(',', distinct);
    }

    /// <summary>Finds the source of a write key and checks that it is enabled and accepts the origin of the request.</summary>
    public (Source? Source, Rejection? Refused) OfKey(string? writeKey, HttpRequest request)
    {
        if (string.IsNullOrEmpty(writeKey)) return (null, Rejection.NoWriteKey);
        if (sources.Current.WriteKeys.Find(writeKey) is not { } source) return (null, Rejection.UnknownWriteKey);
        GuardedRequest.Of(request.HttpContext).Source = source;
        if (!source.Enabled) return (source, Rejection.SourceDisabled);
        if (source.Origins.Allow(request.Headers.Origin)) return (source, null);
        Cors.Forbid(request.HttpContext.Response);
        return (source, Rejection.OriginNotAllowed);
    }
}
