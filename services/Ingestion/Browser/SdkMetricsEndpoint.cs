using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Receiving;

namespace Cdp.Ingestion.Browser;

/// <summary>Counts and discards the metrics that browser SDKs send about themselves.</summary>
public sealed class SdkMetricsEndpoint(Admission admission)
{
    private const int MaxBody = 64 * 1024;

    public async Task<Rejection?> HandleAsync(HttpContext context, string sdk)
    {
        using var body = new RequestBody(admission);
        if (await body.ReadAsync(context.Request, MaxBody, context.RequestAborted) is { } unread) return unread;
        IngestionMetrics.CountSdkMetrics(sdk);
        await context.Response.WriteAsJsonAsync(new { success = true });
        return null;
    }
}
