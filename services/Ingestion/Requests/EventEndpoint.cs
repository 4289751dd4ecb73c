using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Producing;
using Cdp.Ingestion.Receiving;
using Cdp.Ingestion.Sources;

namespace Cdp.Ingestion.Requests;

/// <summary>Handles the requests of SDKs, one event or a batch: authenticate, read, collect.</summary>
public sealed class EventEndpoint(
    LimitOptions limits,
    Admission admission,
    Authentication authentication,
    ClientAddress addresses,
    EventProducer producer,
    Collector collector,
    RateLimits rates,
    TimeProvider time)
{
    /// <param name="context">The request.</param>
    /// <param name="shape">What the request path says about the body.</param>
    /// <param name="isHistorical">Whether the events are historical: their times are used as they are.</param>
    public async Task<Rejection?> HandleAsync(HttpContext context, Shape shape, bool isHistorical = false)
    {
        var (source, refused) = authentication.OfRequest(context.Request);
        if (refused is not null) return refused;
        // Checked first: if Kafka is unavailable or the source is over its rate, reading the body would be wasted work.
        if (!producer.IsUp) return Rejection.Unavailable;
        if (source is not null && rates.Take(source, 0) is { } overRate) return overRate;

        var receivedAt = time.GetUtcNow().UtcDateTime;
        ValueTask<CollectResult> collecting;
        using (var body = new RequestBody(admission))
        {
            if (await body.ReadAsync(context.Request, (source?.Limits ?? limits).RequestBytes, context.RequestAborted) is { } unread) return unread;
            IngestionMetrics.RecordSize(body.Memory.Length);
            var malformed = BatchReader.Read(body.Memory.Span, shape, source?.Limits ?? limits, out var submission);
            using var scanned = submission;
            if (source is null) (source, refused) = authentication.OfKey(submission.WriteKey, context.Request);
            if (refused is not null) return refused;
            if (source!.Type == SourceType.Webhook) return Rejection.OnlyWebhooks;
            // Reported only to an authenticated sender.
            if (malformed is not null) return malformed;
            var receipt = source.Receipt(receivedAt, addresses.Of(context)) with { IsHistorical = isHistorical };
            // The producer copies what it is given, so the buffer is returned before waiting for Kafka.
            collecting = collector.CollectAsync(body.Memory, submission, source, receipt, keepsBad: shape.IsBatch);
        }
        return await Responses.ReportAsync(context, source, await collecting, shape.IsBatch);
    }
}
