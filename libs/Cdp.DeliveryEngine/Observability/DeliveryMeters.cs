using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using Cdp.Destinations.Delivery;

namespace Cdp.DeliveryEngine.Observability;

/// <summary>The metrics of the deliveries to one destination. Each has the tag <c>destination</c>.</summary>
internal sealed class DeliveryMeters : IDisposable
{
    private static readonly Meter Meter = new(Name);
    private static readonly Counter<long> Deliveries = Meter.CreateCounter<long>(
        "cdp.fanout.deliveries", "{event}", "Deliveries that ended, by outcome (delivered, filtered, dead); for dead ones also by reason (HTTP status, none)");
    private static readonly Counter<long> Attempts = Meter.CreateCounter<long>(
        "cdp.fanout.attempts", "{event}", "Attempts at events, by result: delivered, retry, refused, unreachable");
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>(
        "cdp.fanout.request.duration", "s", "Time from a request to its response");
    private static readonly Histogram<double> Delay = Meter.CreateHistogram<double>(
        "cdp.fanout.delay", "s", "Time from the receipt of an event to its delivery");

    // Every destination of the process. Gauges are observed on demand, so that they stay right while a loop is stuck.
    private static readonly ConcurrentDictionary<DeliveryMeters, bool> All = new();

    private readonly KeyValuePair<string, object?> _destination;

    static DeliveryMeters()
    {
        Gauge("cdp.fanout.parked", "{event}", "Events that wait in the retry topic", state => state.Parked);
        Gauge("cdp.fanout.parked.age", "s", "How long the event that has waited longest in the retry topic has been there", state => state.OldestSeconds);
        Gauge("cdp.fanout.breaker", "{state}", "Whether the circuit breaker stops requests: 1 if it does, else 0", state => state.IsBreakerOpen ? 1 : 0);
        Gauge("cdp.fanout.rate", "{request}/s", "Requests per second that are allowed at present; 0 for no limit", state => state.Rate ?? 0);
    }

    public DeliveryMeters(string destination)
    {
        _destination = new("destination", destination);
        All[this] = true;
    }

    /// <summary>The name of the meter.</summary>
    public const string Name = "Cdp.fanout";

    /// <summary>Observes the state of the deliveries.</summary>
    public Func<DeliveryState> State { get; set; } = static () => default;

    public void Attempted(SendResult result, TimeSpan duration)
    {
        Duration.Record(duration.TotalSeconds, _destination);
        foreach (var kind in result.Items.GroupBy(KindOf)) Attempts.Add(kind.Count(), _destination, new("result", kind.Key));
    }

    /// <param name="delay">The time from the receipt of the event.</param>
    public void Delivered(TimeSpan delay)
    {
        Deliveries.Add(1, _destination, new("outcome", "delivered"));
        Delay.Record(Math.Max(0, delay.TotalSeconds), _destination);
    }

    public void Filtered() => Deliveries.Add(1, _destination, new("outcome", "filtered"));

    public void Dead(int? status) =>
        Deliveries.Add(1, _destination, new("outcome", "dead"), new("reason", status?.ToString(CultureInfo.InvariantCulture) ?? "none"));

    public void Dispose() => All.TryRemove(this, out _);

    private static string KindOf(DeliveryResult result) => result switch
    {
        DeliveryResult.Delivered => "delivered",
        DeliveryResult.Refused => "refused",
        DeliveryResult.Unreachable => "unreachable",
        _ => "retry",
    };

    private static void Gauge(string name, string unit, string description, Func<DeliveryState, double> value) => Meter.CreateObservableGauge(
        name, () => All.Keys.Select(meters => new Measurement<double>(value(meters.State()), meters._destination)), unit, description);
}

/// <summary>The state of the deliveries to a destination: of the partitions that this instance owns.</summary>
/// <param name="Parked">The events that wait in the retry topic.</param>
/// <param name="OldestSeconds">How long the oldest of them has waited, in seconds; 0 if none waits.</param>
/// <param name="IsBreakerOpen">Whether the circuit breaker stops requests.</param>
/// <param name="Rate">The requests per second that are allowed; null for no limit.</param>
public readonly record struct DeliveryState(int Parked, double OldestSeconds, bool IsBreakerOpen, double? Rate);
