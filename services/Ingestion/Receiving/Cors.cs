using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Cdp.Ingestion.Receiving;

/// <summary>
/// Allows requests from pages of any origin (CORS, Fetch standard). A preflight carries no write key, so the origins that a source accepts can be checked
/// only on the request itself.
/// </summary>
public static class Cors
{
    public static void Allow(HttpRequest request, HttpResponse response)
    {
        if (request.Headers.Origin is not { Count: > 0 } origin || !IsVisible(origin)) return;
        response.Headers.AccessControlAllowOrigin = origin;
        response.Headers.AccessControlAllowCredentials = "true";
        response.Headers.Vary = "Origin";
    }

    /// <summary>Undoes <see cref="Allow"/>: the page cannot read the response.</summary>
    public static void Forbid(HttpResponse response)
    {
        response.Headers.Remove(HeaderNames.AccessControlAllowOrigin);
        response.Headers.Remove(HeaderNames.AccessControlAllowCredentials);
    }

    public static Task AnswerPreflight(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        Allow(request, response);
        response.Headers.AccessControlAllowMethods = "GET, POST, PUT, DELETE";
        if (IsVisible(request.Headers.AccessControlRequestHeaders)) response.Headers.AccessControlAllowHeaders = request.Headers.AccessControlRequestHeaders;
        response.Headers.AccessControlMaxAge = "900";
        response.StatusCode = 204;
        return Task.CompletedTask;
    }

    // Browsers send only visible ASCII here, and other characters must not be copied into a response header.
    private static bool IsVisible(StringValues values) => values.All(value => value?.All(c => c is >= ' ' and <= '~') != false);
}
