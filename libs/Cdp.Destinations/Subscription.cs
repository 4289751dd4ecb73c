using System.Text.Json;
using cdp;

namespace Cdp.Destinations;

/// <summary>Which events a destination takes.</summary>
/// <param name="DestinationId">The name that senders use in an event's <c>integrations</c>.</param>
/// <param name="Types">track, identify, ...; empty: all.</param>
/// <param name="Names">Names of track events; empty: all. Calls of other types have no name and are not held against it.</param>
public sealed record Subscription(string DestinationId, IReadOnlySet<string> Types, IReadOnlySet<string> Names)
{
    /// <summary>
    /// Whether the event goes to the destination: the filter takes it, and its sender has not switched the destination off.
    /// <c>{"NAME": false}</c> does, and so does <c>{"All": false}</c> unless <c>{"NAME": true}</c> or options for it are there.
    /// </summary>
    public static bool Route(IdentifiedEvent identified, Subscription subscription)
    {
        var envelope = identified.validated.envelope;
        if (subscription.Types.Count > 0 && !subscription.Types.Contains(envelope.type)) return false;
        if (subscription.Names.Count > 0 && envelope.type == "track" && !subscription.Names.Contains(envelope.@event ?? "")) return false;
        return envelope.integrations is null || Wants(envelope.integrations, subscription.DestinationId);
    }

    private static bool Wants(string integrations, string destinationId)
    {
        using var document = JsonDocument.Parse(integrations);
        if (document.RootElement.ValueKind != JsonValueKind.Object) return true;
        if (document.RootElement.TryGetProperty(destinationId, out var wish) && wish.ValueKind != JsonValueKind.Null) return wish.ValueKind != JsonValueKind.False;
        return !document.RootElement.TryGetProperty("All", out var all) || all.ValueKind != JsonValueKind.False;
    }
}
