using System.Diagnostics.Metrics;
using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion;

/// <summary>What the service measures of itself.</summary>
public static class IngestionMetrics
{
    private static readonly Meter Meter = new("Cdp.ingestion");
    private static readonly Counter<long> Accepted = Meter.CreateCounter<long>("cdp.ingestion.events.accepted", "{event}", "Events acknowledged by Kafka.");
    private static readonly Counter<long> Rejected = Meter.CreateCounter<long>("cdp.ingestion.events.rejected", "{event}", "Events of a batch that went to quarantine.");
    private static readonly Counter<long> Refused = Meter.CreateCounter<long>("cdp.ingestion.requests.refused", "{request}", "Requests that got no 200.");
    private static readonly Counter<long> Retried = Meter.CreateCounter<long>("cdp.ingestion.requests.retried", "{request}", "Requests that an SDK says it sends again.");
    private static readonly Counter<long> Suppressed = Meter.CreateCounter<long>("cdp.ingestion.events.suppressed", "{event}", "Events dropped because their user is not to be followed.");
    private static readonly Counter<long> Ignored = Meter.CreateCounter<long>("cdp.ingestion.webhooks.ignored", "{request}", "Payloads that their source's mapping says to ignore.");
    private static readonly Counter<long> SdkMetrics = Meter.CreateCounter<long>("cdp.ingestion.requests.sdk_metrics", "{request}", "Requests with what browser SDKs measure of themselves.");
    private static readonly Counter<long> Bounded = Meter.CreateCounter<long>("cdp.ingestion.clocks.bounded", "{event}", "Events whose corrected time was out of bounds.");
    private static readonly Histogram<long> RequestSize = Meter.CreateHistogram<long>("cdp.ingestion.request.size", "By", "Inflated bodies.");
    private static readonly Histogram<double> AckDuration = Meter.CreateHistogram<double>("cdp.ingestion.ack.duration", "s", "From handing a request's events to Kafka to its last acknowledgement.");

    public static void CountEvents(string source, Verdicts verdicts)
    {
        var tag = new KeyValuePair<string, object?>("source", source);
        if (verdicts.Accepted > 0) Accepted.Add(verdicts.Accepted, tag);
        if (verdicts.ClocksBounded > 0) Bounded.Add(verdicts.ClocksBounded, tag);
        if (verdicts.Suppressed > 0) Suppressed.Add(verdicts.Suppressed, tag);
        foreach (var (_, rejection) in verdicts.Rejected) Rejected.Add(1, tag, new("reason", rejection.Code));
    }

    public static void CountRefused(string? source, Rejection rejection) => Refused.Add(1, new("source", source ?? "none"), new("reason", rejection.Code));

    public static void CountSdkMetrics(string sdk) => SdkMetrics.Add(1, new KeyValuePair<string, object?>("sdk", sdk));

    public static void CountRetried() => Retried.Add(1);

    public static void CountIgnored(string source) => Ignored.Add(1, new KeyValuePair<string, object?>("source", source));

    public static void RecordSize(int bytes) => RequestSize.Record(bytes);

    public static void RecordAck(TimeSpan duration) => AckDuration.Record(duration.TotalSeconds);
}
