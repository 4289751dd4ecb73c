using Cdp.Ingestion.Appending;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Sources;

namespace Cdp.Ingestion.Receiving;

/// <summary>Answers a request of an SDK, one event or a batch: authenticate, read, collect.</summary>
public sealed class EventEndpoint(IngestionOptions options, Admission admission, Authentication authentication, ClientAddress addresses, EventProducer producer, Collector collector, RateLimits rates, TimeProvider time)
{
    /// <param name="context">The request.</param>
    /// <param name="shape">What its path announces.</param>
    /// <param name="isHistorical">Whether what it sends happened long ago.</param>
    public async Task AnswerAsync(HttpContext context, Shape shape, bool isHistorical = false)
    {
        var (source, refused) = authentication.OfRequest(context.Request);
        // Nothing would be acknowledged, or nothing taken, so that the body is not worth the reading.
        if (refused is null && !producer.IsUp) refused = Rejection.Unavailable;
        if (refused is null && source is not null) refused = rates.Take(source, 0);
        if (refused is not null)
        {
            await Answers.RefuseAsync(context, source, refused);
            return;
        }

        var receivedAt = time.GetUtcNow().UtcDateTime;
        ValueTask<Outcome> collecting;
        using (var body = new RequestBody(admission))
        {
            if (await body.ReadAsync(context.Request, (source?.Limits ?? options.Limits).RequestBytes, context.RequestAborted) is { } unread)
            {
                await Answers.RefuseAsync(context, source, unread);
                return;
            }
            IngestionMetrics.RecordSize(body.Memory.Length);
            var malformed = BatchReader.Read(body.Memory.Span, shape, source?.Limits ?? options.Limits, out var submission);
            using var read = submission;
            // Who has not said who they are learns nothing of what they sent.
            if (source is null) (source, refused) = authentication.OfKey(submission.WriteKey, context.Request);
            if ((refused ?? SdkRefusal(source!) ?? malformed) is { } rejection)
            {
                await Answers.RefuseAsync(context, source, rejection);
                return;
            }
            var receipt = new Receipt(source!.Id, receivedAt, addresses.Of(context)) { IsHistorical = isHistorical };
            // What is handed to the producer is copied, so the buffer goes back before the wait for Kafka.
            collecting = collector.CollectAsync(body.Memory, submission, source, receipt, keepsBad: shape.IsBatch);
        }
        await Answers.TellAsync(context, source, await collecting, shape.IsBatch);
    }

    private static Rejection? SdkRefusal(Source source) => source.Type == SourceType.Webhook ? Rejection.OnlyWebhooks : null;
}
