using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using cdp;
using Cdp.DeliveryEngine.Observability;
using Cdp.Destinations;
using Cdp.Destinations.Delivery;
using Cdp.Fanout.Configuration;
using Cdp.Fanout.History;
using Cdp.Fanout.Previewing;
using Cdp.Fanout.Resending;

namespace Cdp.Fanout.Api;

/// <summary>A destination as the API shows it.</summary>
/// <param name="Configured">Its configuration.</param>
/// <param name="Waiting">The events in its retry topic; null if they could not be counted.</param>
/// <param name="State">The state of its deliveries in this instance; null if it does not know it.</param>
public sealed record DestinationStatus(ConfiguredDestination Configured, int? Waiting, DeliveryState? State);

/// <summary>Writes the responses of the API.</summary>
public static class FanoutJson
{
    /// <summary>The most deliveries that the response to a re-drive or replay shows.</summary>
    private const int SampleSize = 5;

    // Quotes and letters of every script stay readable. The response is never embedded in HTML.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static ReadOnlyMemory<byte> Destinations(IReadOnlyList<DestinationStatus> destinations) =>
        Write(json => List(json, "destinations", destinations, one => Destination(json, one)));

    private static void Destination(Utf8JsonWriter json, DestinationStatus one)
    {
        json.WriteString("id", one.Configured.Id);
        json.WriteString("type", one.Configured.Type);
        json.WriteString("order", one.Configured.Settings.KeepsOrder ? "profile" : "none");
        Actions(json, one.Configured);
        Number(json, "waiting", one.Waiting);
        if (one.State is not { } state)
        {
            json.WriteNull("instance");
            return;
        }
        json.WriteStartObject("instance");
        json.WriteNumber("waiting", state.Parked);
        json.WriteNumber("oldest_waiting_seconds", Math.Round(state.OldestSeconds, 3));
        json.WriteString("breaker", state.IsBreakerOpen ? "open" : "closed");
        if (state.Rate is { } rate) json.WriteNumber("requests_per_second", rate);
        else json.WriteNull("requests_per_second");
        json.WriteEndObject();
    }

    /// <summary>What a destination does with an event.</summary>
    /// <param name="destination">The destination.</param>
    /// <param name="identified">The event.</param>
    /// <param name="preview">What the destination does with it.</param>
    /// <param name="sends">The results of the actions of which an attempt was made, by action; null if nothing was to be sent.</param>
    public static ReadOnlyMemory<byte> Preview(
        ConfiguredDestination destination, IdentifiedEvent identified, Preview preview, IReadOnlyDictionary<string, TestSend>? sends) => Write(json =>
    {
        json.WriteString("destination", destination.Id);
        json.WriteString("message_id", identified.validated.envelope.messageId);
        switch (preview)
        {
            case Previewing.Preview.Triggered triggered:
                json.WriteString("outcome", "triggered");
                List(json, "actions", triggered.Actions, action => Action(json, action, sends));
                break;
            case Previewing.Preview.Filtered filtered:
                json.WriteString("outcome", "filtered");
                json.WriteString("rule", filtered.Rule);
                break;
            case Previewing.Preview.Unreadable unreadable:
                json.WriteString("outcome", "unreadable");
                json.WriteString("fault", unreadable.Fault);
                break;
            default:
                json.WriteString("outcome", "not_subscribed");
                Actions(json, destination);
                break;
        }
    });

    public static ReadOnlyMemory<byte> Deliveries(IReadOnlyList<LocatedRecord> deliveries, Period period, Cursor? next) => Write(json =>
    {
        Time(json, "since", period.Since);
        Time(json, "until", period.Until);
        List(json, "deliveries", deliveries, delivery => Summary(json, delivery));
        Text(json, "cursor", next?.ToString());
    });

    /// <summary>One delivery with everything that its record holds.</summary>
    public static ReadOnlyMemory<byte> Delivery(LocatedRecord delivery) => Write(json =>
    {
        Summary(json, delivery);
        switch (delivery.Record)
        {
            case Delivery ended:
                json.WriteString("idempotency_key", ended.idempotencyKey);
                break;
            case DeadDelivery dead:
                json.WriteString("idempotency_key", dead.idempotencyKey);
                Text(json, "request", dead.request);
                Event(json, dead.@event);
                break;
            case RetriedDelivery waiting:
                json.WriteNumber("sequence", waiting.sequence);
                Event(json, waiting.@event);
                break;
        }
    });

    /// <summary>A page of a re-drive or a replay.</summary>
    /// <param name="resent">What was selected.</param>
    /// <param name="job">The name of the job; null for a dry run without one.</param>
    /// <param name="isDryRun">Whether nothing was written.</param>
    /// <param name="period">The time span.</param>
    /// <param name="next">The cursor of the next page; null at the end.</param>
    public static ReadOnlyMemory<byte> Resent(ResendPage resent, string? job, bool isDryRun, Period period, Cursor? next) => Write(json =>
    {
        Text(json, "job", job);
        json.WriteBoolean("dry_run", isDryRun);
        Time(json, "since", period.Since);
        Time(json, "until", period.Until);
        json.WriteNumber("scanned", resent.Page.Scanned);
        json.WriteNumber("selected", resent.Requests.Count);
        json.WriteNumber("written", isDryRun ? 0 : resent.Requests.Count);
        json.WriteNumber("excluded", resent.Excluded);
        json.WriteNumber("unreadable", resent.Unreadable);
        List(json, "sample", resent.Requests.Take(SampleSize), request =>
        {
            var envelope = request.@event.validated.envelope;
            json.WriteString("profile_id", request.profileId);
            json.WriteString("message_id", envelope.messageId);
            json.WriteString("type", envelope.type);
            Text(json, "event", envelope.@event);
            Position(json, "origin", request.origin);
            Position(json, "dead_at", request.deadAt);
        });
        Text(json, "cursor", next?.ToString());
    });

    private static void Action(Utf8JsonWriter json, PreviewedAction action, IReadOnlyDictionary<string, TestSend>? sends)
    {
        json.WriteString("action", action.Item.Action);
        json.WriteString("idempotency_key", action.Item.IdempotencyKey);
        Text(json, "fault", action.Fault);
        Text(json, "request", action.Request);
        if (sends?.GetValueOrDefault(action.Item.Action) is not { } send) return;
        json.WriteStartObject("result");
        var (name, status, reason) = send.Result switch
        {
            DeliveryResult.Delivered delivered => ("delivered", delivered.Status, null),
            DeliveryResult.Refused refused => ("refused", refused.Status, refused.Reason),
            DeliveryResult.Retry retry => ("retry", retry.Status, retry.Reason),
            DeliveryResult.Unreachable unreachable => ("unreachable", (int?)null, unreachable.Reason),
            _ => throw new InvalidOperationException($"unknown result {send.Result}"),
        };
        json.WriteString("result", name);
        Number(json, "status", status);
        Text(json, "reason", reason);
        json.WriteNumber("milliseconds", Math.Round(send.Duration.TotalMilliseconds, 1));
        json.WriteEndObject();
    }

    private static void Actions(Utf8JsonWriter json, ConfiguredDestination destination) => List(json, "actions", destination.Router.Actions, action =>
    {
        json.WriteString("action", action.Name);
        json.WriteString("subscribe", action.Subscription.Text);
    });

    private static void Summary(Utf8JsonWriter json, LocatedRecord located)
    {
        var delivery = DeliverySummary.Of(located.Record)!;
        json.WriteString("outcome", delivery.Outcome);
        json.WriteString("destination", delivery.DestinationId);
        json.WriteString("action", delivery.Action);
        json.WriteString("profile_id", delivery.ProfileId);
        json.WriteString("message_id", delivery.MessageId);
        Text(json, "type", delivery.Type);
        Text(json, "event", delivery.Event);
        Number(json, "status", delivery.Status);
        Text(json, "reason", delivery.Reason);
        json.WriteNumber("attempts", delivery.Attempts);
        Time(json, "at", delivery.At);
        Time(json, "due_at", delivery.DueAt);
        Position(json, "origin", delivery.Origin);
        Position(json, "redriven_from", delivery.RedrivenFrom);
        json.WriteString("topic", located.Source.Topic.Name);
        json.WriteNumber("partition", located.Source.Partition);
        json.WriteNumber("offset", located.Offset);
    }

    private static void Event(Utf8JsonWriter json, IdentifiedEvent identified)
    {
        json.WritePropertyName("event_json");
        json.WriteRawValue(EventJson.Write(identified), skipInputValidation: true);
    }

    private static void Position(Utf8JsonWriter json, string name, RecordPosition? position)
    {
        if (position is null)
        {
            json.WriteNull(name);
            return;
        }
        json.WriteStartObject(name);
        json.WriteString("topic", position.topic);
        json.WriteNumber("partition", position.partition);
        json.WriteNumber("offset", position.offset);
        json.WriteEndObject();
    }

    private static void Text(Utf8JsonWriter json, string name, string? text)
    {
        if (text is null) json.WriteNull(name);
        else json.WriteString(name, text);
    }

    private static void Number(Utf8JsonWriter json, string name, int? number)
    {
        if (number is { } value) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }

    private static void Time(Utf8JsonWriter json, string name, DateTime? time) => Text(json, name, time is { } value ? ApiTime.Text(value) : null);

    private static void List<T>(Utf8JsonWriter json, string name, IEnumerable<T> list, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (var element in list)
        {
            json.WriteStartObject();
            write(element);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }
}
