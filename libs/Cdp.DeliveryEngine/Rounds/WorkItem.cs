using cdp;
using Cdp.DeliveryEngine.Parking;
using Cdp.Destinations.Delivery;

namespace Cdp.DeliveryEngine.Rounds;

/// <summary>An event in a round of deliveries, or one action that it triggers.</summary>
internal sealed class WorkItem
{
    /// <summary>Identifies it through repetitions of the round.</summary>
    public required ItemId Id { get; init; }

    /// <summary>The event.</summary>
    public required IdentifiedEvent Event { get; init; }

    /// <summary>The position of the event in the topic that it was first read from.</summary>
    public required RecordPosition Origin { get; init; }

    /// <summary>The position of the request, if an operator had the event sent again; else null.</summary>
    public RecordPosition? RedrivenFrom { get; init; }

    /// <summary>The W3C trace context of the event; null if unknown.</summary>
    public string? TraceParent { get; init; }

    /// <summary>The action that the event triggers; empty if it triggers none.</summary>
    public required string Action { get; init; }

    /// <summary>The entry in the retry topic, if the event comes from there; else null.</summary>
    public ParkedItem? Parked { get; init; }

    /// <summary>What is sent; null if the outcome is known without a request.</summary>
    public DeliveryItem? ToSend { get; init; }

    /// <summary>The attempts that were made before this round.</summary>
    public int Attempts { get; init; }

    /// <summary>The request of an earlier round that is still in flight, or whose result was not looked at yet; null if there is none.</summary>
    public PendingRequest? Pending { get; set; }

    /// <summary>What became of it; null if that is not known yet.</summary>
    public Outcome? Outcome { get; set; }
}

/// <summary>Identifies an item: by the record that it comes from, or, if it waits in the retry topic, by its sequence number there.</summary>
/// <param name="Topic">The input topic; empty for the retry topic.</param>
/// <param name="Offset">The offset in the input topic, or the sequence number.</param>
/// <param name="Action">The action that the event triggers.</param>
internal readonly record struct ItemId(string Topic, long Offset, string Action);
