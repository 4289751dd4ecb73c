using System.Diagnostics.Metrics;
using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Receiving;

/// <summary>The metrics of the service.</summary>
public static class IngestionMetrics
{
    private static readonly Meter Meter = new("Cdp.ingestion");

    private static readonly Counter<long> Accepted = Meter.CreateCounter<long>(
        "cdp.ingestion.events.accepted", "{event}", "Events acknowledged by Kafka.");

    private static readonly Counter<long> Rejected = Meter.CreateCounter<long>(
        "cdp.ingestion.events.rejected", "{event}", "Events that went to quarantine.");

    private static readonly Counter<long> Refused = Meter.CreateCounter<long>(
        "cdp.ingestion.requests.refused", "{request}", "Requests that were refused as a whole.");

    private static readonly Counter<long> Retried = Meter.CreateCounter<long>(
        "cdp.ingestion.requests.retried", "{request}", "Requests that an SDK marked as a retry.");

    private static readonly Counter<long> Suppressed = Meter.CreateCounter<long>(
        "cdp.ingestion.events.suppressed", "{event}", "Events dropped because their user is suppressed.");

    private static readonly Counter<long> Ignored = Meter.CreateCounter<long>(
        "cdp.ingestion.webhooks.ignored", "{request}", "Webhook payloads that the mapping of their source ignores.");

    private static readonly Counter<long> SdkMetrics = Meter.CreateCounter<long>(
        "cdp.ingestion.requests.sdk_metrics", "{request}", "Requests with metrics that browser SDKs send about themselves.");

    private static readonly Counter<long> TimesReplaced = Meter.CreateCounter<long>(
        "cdp.ingestion.times.replaced", "{event}", "Events whose own time was unreadable or implausible and was replaced by the time of receipt.");

    private static readonly Histogram<long> RequestSize = Meter.CreateHistogram<long>(
        "cdp.ingestion.request.size", "By", "Size of decompressed request bodies.");

    private static readonly Histogram<double> AckDuration = Meter.CreateHistogram<double>(
        "cdp.ingestion.ack.duration", "s", "Time from handing the events of a request to the producer until the last acknowledgement.");

    public static void CountEvents(string source, Verdicts verdicts)
    {
        var tag = new KeyValuePair<string, object?>("source", source);
        if (verdicts.Accepted > 0) Accepted.Add(verdicts.Accepted, tag);
        foreach (var (_, warning) in verdicts.Warnings) TimesReplaced.Add(1, tag, new("reason", warning.Code));
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
