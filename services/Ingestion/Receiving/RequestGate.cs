using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Sources;
using Microsoft.AspNetCore.Http.Features;

namespace Cdp.Ingestion.Receiving;

/// <summary>Handles a request. Returns why the request is refused; null if the handler has written the response.</summary>
public delegate Task<Rejection?> RequestHandler(HttpContext context);

/// <summary>What is known about a request while it is handled: its place among the requests in progress, and its source as soon as that is known.</summary>
public sealed class GuardedRequest(Admission admission)
{
    public AdmissionPlace Place { get; } = new(admission);

    /// <summary>The source that the request's write key belongs to, even if the source is disabled or the request is refused; null until it is known.</summary>
    public Source? Source { get; set; }

    public static GuardedRequest Of(HttpContext context) => context.Features.GetRequiredFeature<GuardedRequest>();
}

/// <summary>
/// Runs the handlers of all endpoints: limits the number of requests in progress, applies CORS, counts and writes refusals, and deals with senders that are too
/// slow, disconnect or send invalid HTTP.
/// </summary>
public sealed class RequestGate(Admission admission)
{
    /// <summary>Guards a handler. Any other exception that the handler throws is a bug.</summary>
    /// <param name="handler">The handler.</param>
    /// <param name="refuse">Writes a refusal; null for the JSON response of the SDK endpoints.</param>
    public RequestDelegate Guard(RequestHandler handler, Func<HttpContext, Rejection, Task>? refuse = null) => async context =>
    {
        Cors.Allow(context.Request, context.Response);
        if (context.Request.Headers.ContainsKey("X-Retry-Count") || context.Request.Headers.ContainsKey("Rsa-Retry-Attempt")) IngestionMetrics.CountRetried();
        var request = new GuardedRequest(admission);
        context.Features.Set(request);
        try
        {
            var refused = request.Place.TryTake() ? await handler(context) : Rejection.Unavailable;
            if (refused is not null) await RefuseAsync(context, refused, refuse);
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            // Kestrel gave up on a body that came too slowly, for which a retry may succeed, or on one that is not framed as its headers say.
            var isTimeout = e.StatusCode == StatusCodes.Status408RequestTimeout;
            await RefuseAsync(context, isTimeout ? Rejection.Unavailable : Rejection.InvalidEncoding, refuse);
        }
        catch (Exception e) when (e is IOException || (e is OperationCanceledException && context.RequestAborted.IsCancellationRequested))
        {
            // The sender disconnected. Without this, a sender that is still listening would get an empty 200 and drop its events.
            context.Abort();
        }
        finally
        {
            request.Place.Leave();
        }
    };

    /// <summary>Counts a refusal and writes it as the response.</summary>
    public static Task RefuseAsync(HttpContext context, Rejection rejection, Func<HttpContext, Rejection, Task>? refuse = null)
    {
        IngestionMetrics.CountRefused(context.Features.Get<GuardedRequest>()?.Source?.Id, rejection);
        return (refuse ?? Responses.RefuseAsync)(context, rejection);
    }
}

/// <summary>Maps endpoints behind the gate.</summary>
public static class GuardedEndpoints
{
    /// <summary>Maps a handler, also for HEAD if it supports GET, and the CORS preflight of its path.</summary>
    public static void MapGuarded(this WebApplication app, string path, RequestHandler handler, params string[] methods)
    {
        var gate = app.Services.GetRequiredService<RequestGate>();
        app.MapMethods(path, methods.Contains(HttpMethods.Get) ? [.. methods, HttpMethods.Head] : methods, gate.Guard(handler));
        app.MapMethods(path, [HttpMethods.Options], (RequestDelegate)Cors.AnswerPreflight);
    }
}
