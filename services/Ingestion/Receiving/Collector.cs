using System.Diagnostics;
using System.Text;
using cdp;
using Cdp.Contracts;
using Cdp.Hosting.Configuration;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Parsing.Quarantining;
using Cdp.Ingestion.Producing;
using Cdp.Ingestion.Sources;
using Cdp.Streaming.Records;
using Confluent.Kafka;

namespace Cdp.Ingestion.Receiving;

/// <summary>The result for a request: refused as a whole with nothing written, or a result per event with all accepted ones acknowledged by Kafka.</summary>
public readonly record struct CollectResult(Rejection? Refused, Verdicts? Verdicts)
{
    public static implicit operator CollectResult(Rejection refused) => new(refused, null);
}

/// <summary>Parses events, produces them and waits for Kafka. SDK requests, pixels and webhooks all go through it.</summary>
public sealed class Collector(EventProducer producer, RateLimits rates, LiveFiles<Suppressions> suppressions)
{
    [ThreadStatic]
    private static AvroWriter? _record;

    /// <summary>Collects the events of a body.</summary>
    public async ValueTask<CollectResult> CollectAsync(ReadOnlyMemory<byte> body, Shape shape, Source source, Receipt receipt)
    {
        var malformed = BatchReader.Read(body.Span, shape, source.Limits, out var submission);
        ValueTask<CollectResult> collecting;
        using (submission) collecting = malformed is null ? CollectAsync(body, submission, source, receipt, shape.IsBatch) : new(malformed);
        return await collecting;
    }

    /// <summary>Collects the events of a body that has been scanned.</summary>
    /// <param name="body">The body that the slices of the submission point into.</param>
    /// <param name="submission">The scanned events. The caller may dispose of it and of the body as soon as this method returns its task.</param>
    /// <param name="source">The source that sent the request.</param>
    /// <param name="receipt">What is known about the request besides its body.</param>
    /// <param name="keepsBad">
    /// Whether rejected events go to quarantine if other events of the request are accepted. If not, the sender must correct them.
    /// </param>
    public async ValueTask<CollectResult> CollectAsync(ReadOnlyMemory<byte> body, Submission submission, Source source, Receipt receipt, bool keepsBad)
    {
        if (!producer.IsUp) return Rejection.Unavailable;
        if (rates.Take(source, submission.Events.Count) is { } tooMany) return tooMany;
        var acknowledgement = producer.Begin();
        if (Append(body.Span, submission, source, receipt, keepsBad, acknowledgement, out var verdicts) is { } refused) return refused;
        if (verdicts.Accepted + verdicts.Suppressed == 0) return new CollectResult(null, verdicts);
        var appended = Stopwatch.GetTimestamp();
        if (!await acknowledgement.WaitAsync()) return Rejection.Unavailable;
        IngestionMetrics.RecordAck(Stopwatch.GetElapsedTime(appended));
        return new CollectResult(null, verdicts);
    }

    /// <summary>
    /// Parses each event and hands the accepted ones to the producer. Rejected events go to quarantine only if others are accepted. If all are rejected, the
    /// request is refused, and its sender still has them.
    /// </summary>
    /// <returns>Why the whole request is refused; null if <paramref name="verdicts"/> has the result of each event.</returns>
    private Rejection? Append(
        ReadOnlySpan<byte> body, Submission submission, Source source, Receipt receipt, bool keepsBad, Acknowledgement acknowledgement, out Verdicts verdicts)
    {
        verdicts = new Verdicts();
        var parser = new EventParser(submission, receipt, source.Limits);
        if (parser.Begin(body) is { } refused) return refused;
        var (headers, suppressed, record) = (TraceHeaders(), suppressions.Current, _record ??= new AvroWriter());
        for (var i = 0; i < submission.Events.Count; i++)
        {
            var parsed = parser.Parse(body, i, record);
            if (parsed.Rejected is not null)
            {
                verdicts.Rejected.Add((i, parsed.Rejected));
                continue;
            }
            if (suppressed.Cover(submission.Events[i].UserId.Of(body, submission)))
            {
                verdicts.Suppressed++;
                continue;
            }
            var key = submission.Events[i].Key.Of(body, submission);
            if (!producer.TryAppend<CollectedEvent>(Topics.EventsCollected, key, record, headers, acknowledgement)) return Rejection.Unavailable;
            verdicts.Accepted++;
            if (parsed.Warning is { } warning) verdicts.Warnings.Add((i, warning));
        }
        if (!keepsBad || verdicts.Accepted + verdicts.Suppressed == 0) return null;
        var allowance = new QuarantineAllowance(source.Limits);
        foreach (var (index, rejection) in verdicts.Rejected)
        {
            var quarantined = Quarantine.Record(body, submission, index, rejection, receipt, allowance.Take(submission.Events[index].Item.Length));
            var key = Quarantine.Key(body, submission, index);
            if (!producer.TryAppend(Topics.EventsQuarantined, key, quarantined, headers, acknowledgement)) return Rejection.Unavailable;
        }
        return null;
    }

    /// <summary>Record headers that carry the trace of the current request.</summary>
    public static Headers TraceHeaders()
    {
        var headers = new Headers();
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } traceParent }) headers.Add(TraceHeader.Name, Encoding.ASCII.GetBytes(traceParent));
        return headers;
    }
}
