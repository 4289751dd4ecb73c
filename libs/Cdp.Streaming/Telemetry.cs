using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Cdp.Streaming;

/// <summary>The meter and the activity source of every loop.</summary>
public static class Telemetry
{
    public const string Name = "Cdp.Streaming";

    internal static readonly ActivitySource Activities = new(Name);
    internal static readonly Meter Meter = new(Name);

    /// <summary>A span for one record, under the trace that it carries; null, at no cost, where nobody listens.</summary>
    internal static Activity? Start(string group, Incoming record) =>
        Activities.HasListeners() ? Activities.StartActivity($"{group} process", ActivityKind.Consumer, record.TraceParent) : null;
}
