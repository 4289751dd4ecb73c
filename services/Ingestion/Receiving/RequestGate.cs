using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Receiving;

/// <summary>What every request passes: the bound on how many there are at one time, CORS, and what may happen to a connection on the way.</summary>
public sealed class RequestGate(Admission admission)
{
    /// <summary>An endpoint behind the gate. What it throws is our bug, but for a sender that is slow, breaks off or sends no HTTP.</summary>
    public RequestDelegate Guard(RequestDelegate answer) => Guard(answer, (context, rejection) => Answers.RefuseAsync(context, null, rejection));

    /// <summary>An endpoint whose refusals look otherwise.</summary>
    public RequestDelegate Guard(RequestDelegate answer, Func<HttpContext, Rejection, Task> refuse) => async context =>
    {
        Cors.Allow(context.Request, context.Response);
        if (context.Request.Headers.ContainsKey("X-Retry-Count") || context.Request.Headers.ContainsKey("Rsa-Retry-Attempt")) IngestionMetrics.CountRetried();
        if (!admission.TryEnter())
        {
            await refuse(context, Rejection.Unavailable);
            return;
        }
        try
        {
            await answer(context);
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            // Kestrel cut a body that came too slowly, which may go better next time, or not in the shape that its headers announced.
            await refuse(context, e.StatusCode == StatusCodes.Status408RequestTimeout ? Rejection.Unavailable : Rejection.InvalidEncoding);
        }
        catch (Exception e) when (e is IOException || (e is OperationCanceledException && context.RequestAborted.IsCancellationRequested))
        {
            // The sender went away. Without an answer of ours it would be told 200, if it still listens.
            context.Abort();
        }
        finally
        {
            admission.Leave();
        }
    };
}
