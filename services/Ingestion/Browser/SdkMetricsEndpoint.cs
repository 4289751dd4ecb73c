using Cdp.Ingestion.Receiving;

namespace Cdp.Ingestion.Browser;

/// <summary>Takes what SDKs measure of themselves: counted, and not looked at.</summary>
public sealed class SdkMetricsEndpoint(Admission admission)
{
    private const int MaxBody = 64 * 1024;

    public async Task AnswerAsync(HttpContext context, string sdk)
    {
        using var body = new RequestBody(admission);
        if (await body.ReadAsync(context.Request, MaxBody, context.RequestAborted) is { } unread)
        {
            await Answers.RefuseAsync(context, null, unread);
            return;
        }
        IngestionMetrics.CountSdkMetrics(sdk);
        await context.Response.WriteAsJsonAsync(new { success = true });
    }
}
