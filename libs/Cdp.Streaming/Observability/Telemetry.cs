using System.Diagnostics;
using System.Diagnostics.Metrics;
using Cdp.Streaming.Records;

namespace Cdp.Streaming.Observability;

/// <summary>The meter and the activity source of every loop. Spans follow the semantic conventions of OpenTelemetry for messaging.</summary>
public static class Telemetry
{
    /// <summary>The name of the meter and of the activity source.</summary>
    public const string Name = "Cdp.Streaming";

    internal static readonly ActivitySource Activities = new(Name);
    internal static readonly Meter Meter = new(Name);

    // A traceparent of version 00 is 00-TRACE-PARENT-FLAGS.
    private const int TraceParentLength = 55;

    /// <summary>
    /// Starts the span of a record, under the trace context in its headers. Null, at no cost, if there is no listener or the sender decided not to sample the
    /// trace. In that case, records caused by this one continue under the span of the sender.
    /// </summary>
    internal static Activity? Start(string group, string topic, Incoming record)
    {
        if (!Activities.HasListeners() || IsUnsampled(record.TraceParent)) return null;
        var activity = Activities.StartActivity($"process {topic}", ActivityKind.Consumer, record.TraceParent);
        if (activity is not { IsAllDataRequested: true }) return activity;
        activity.SetTag("messaging.system", "kafka");
        activity.SetTag("messaging.operation.name", "process");
        activity.SetTag("messaging.operation.type", "process");
        activity.SetTag("messaging.destination.name", topic);
        activity.SetTag("messaging.destination.partition.id", record.Position.partition.ToString(System.Globalization.CultureInfo.InvariantCulture));
        activity.SetTag("messaging.consumer.group.name", group);
        activity.SetTag("messaging.kafka.offset", record.Position.offset);
        return activity;
    }

    /// <summary>
    /// Whether the sampled flag of a traceparent is not set. If it is absent or malformed, the decision is left to the sampler of this process.
    /// </summary>
    internal static bool IsUnsampled(string? traceParent) =>
        traceParent is { Length: TraceParentLength } && Convert.ToInt32(char.IsAsciiHexDigit(traceParent[^1]) ? traceParent[^1..] : "1", 16) % 2 == 0;
}
