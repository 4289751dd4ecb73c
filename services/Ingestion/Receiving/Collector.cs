using System.Diagnostics;
using System.Text;
using cdp;
using Cdp.Contracts;
using Cdp.Hosting;
using Cdp.Ingestion.Appending;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Sources;
using Cdp.Streaming;
using Confluent.Kafka;

namespace Cdp.Ingestion.Receiving;

/// <summary>What became of a request: refused as a whole, nothing of it written; or each event judged and what was accepted acknowledged by Kafka.</summary>
public readonly record struct Outcome(Rejection? Refused, Verdicts? Verdicts)
{
    public static implicit operator Outcome(Rejection refused) => new(refused, null);
}

/// <summary>The way of every event, wherever it comes from: judge, append, wait for Kafka.</summary>
public sealed class Collector(EventProducer producer, RateLimits rates, LiveFiles<Suppressions> suppressions)
{
    [ThreadStatic]
    private static AvroWriter? _record;

    /// <summary>Collects the events of a body whose sender is known.</summary>
    public async ValueTask<Outcome> CollectAsync(ReadOnlyMemory<byte> body, Shape shape, Source source, Receipt receipt)
    {
        var malformed = BatchReader.Read(body.Span, shape, source.Limits, out var submission);
        ValueTask<Outcome> collecting;
        using (submission) collecting = malformed is null ? CollectAsync(body, submission, source, receipt, shape.IsBatch) : new(malformed);
        return await collecting;
    }

    /// <summary>Collects the events of a body that was read.</summary>
    /// <param name="body">The submission's slices point into it. Neither is needed any more when the first await is reached.</param>
    /// <param name="keepsBad">Whether a rejected event goes to quarantine when others of the request are good, or is the sender's to mend.</param>
    public async ValueTask<Outcome> CollectAsync(ReadOnlyMemory<byte> body, Submission submission, Source source, Receipt receipt, bool keepsBad)
    {
        if (!producer.IsUp) return Rejection.Unavailable;
        if (rates.Take(source, submission.Events.Count) is { } tooMany) return tooMany;
        var acknowledgement = producer.Begin();
        if (Append(body.Span, submission, source, receipt, keepsBad, acknowledgement, out var verdicts) is { } refused) return refused;
        if (verdicts.Accepted + verdicts.Suppressed == 0) return new Outcome(null, verdicts);
        var appended = Stopwatch.GetTimestamp();
        if (!await acknowledgement.WaitAsync()) return Rejection.Unavailable;
        IngestionMetrics.RecordAck(Stopwatch.GetElapsedTime(appended));
        return new Outcome(null, verdicts);
    }

    /// <summary>
    /// Judges each event and hands the good ones to the producer. Rejected ones go to quarantine only beside good ones: what is refused whole writes
    /// nothing, since its sender still has it.
    /// </summary>
    /// <returns>Why the whole is refused; null where the verdicts tell.</returns>
    public Rejection? Append(ReadOnlySpan<byte> body, Submission submission, Source source, Receipt receipt, bool keepsBad, Acknowledgement acknowledgement, out Verdicts verdicts)
    {
        verdicts = new Verdicts();
        var parser = new EventParser(submission, receipt, source.Limits);
        if (parser.Begin(body) is { } refused) return refused;
        var (headers, suppressed, record) = (TraceHeaders(), suppressions.Current, _record ??= new AvroWriter());
        for (var i = 0; i < submission.Events.Count; i++)
        {
            var parsed = parser.Parse(body, i, record);
            if (parsed.Rejected is not null) verdicts.Rejected.Add((i, parsed.Rejected));
            else if (suppressed.Cover(submission.Events[i].UserId.Of(body, submission))) verdicts.Suppressed++;
            else if (!producer.TryAppend<CollectedEvent>(Topics.EventsCollected, submission.Events[i].Key.Of(body, submission), record, headers, acknowledgement)) return Rejection.Unavailable;
            else
            {
                verdicts.Accepted++;
                if (parsed.ClockBounded) verdicts.ClocksBounded++;
            }
        }
        if (!keepsBad || verdicts.Accepted + verdicts.Suppressed == 0) return null;
        foreach (var (index, rejection) in verdicts.Rejected)
        {
            var quarantined = Quarantine.Record(body, submission, index, rejection, receipt);
            if (!producer.TryAppend(Topics.EventsQuarantined, Quarantine.Key(body, submission, index), quarantined, headers, acknowledgement)) return Rejection.Unavailable;
        }
        return null;
    }

    /// <summary>The trace of the running request, as the headers of its records.</summary>
    public static Headers TraceHeaders()
    {
        var headers = new Headers();
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } traceParent }) headers.Add(TraceHeader.Name, Encoding.ASCII.GetBytes(traceParent));
        return headers;
    }
}
