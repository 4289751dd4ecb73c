namespace Cdp.Ingestion.Receiving;

/// <summary>Lets pages of any origin send: a write key is public, and gives no right to read.</summary>
public static class Cors
{
    public static void Allow(HttpRequest request, HttpResponse response)
    {
        if (request.Headers.Origin is not { Count: > 0 } origin) return;
        response.Headers.AccessControlAllowOrigin = origin;
        response.Headers.AccessControlAllowCredentials = "true";
        response.Headers.Vary = "Origin";
    }

    public static Task AnswerPreflight(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        Allow(request, response);
        response.Headers.AccessControlAllowMethods = "POST";
        response.Headers.AccessControlAllowHeaders = request.Headers.AccessControlRequestHeaders;
        response.Headers.AccessControlMaxAge = "900";
        response.StatusCode = 204;
        return Task.CompletedTask;
    }
}
