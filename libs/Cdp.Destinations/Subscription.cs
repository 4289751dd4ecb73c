using System.Text.Json;
using cdp;

namespace Cdp.Destinations;

/// <summary>Which events a destination receives.</summary>
/// <param name="DestinationId">The name that senders use in an event's <c>integrations</c>.</param>
/// <param name="Types">The types of events, such as track and identify; empty for all.</param>
/// <param name="Names">The names of track events; empty for all. Applies to track events only, because other types have no name.</param>
public sealed record Subscription(string DestinationId, IReadOnlySet<string> Types, IReadOnlySet<string> Names)
{
    /// <summary>
    /// Whether an event goes to the destination: the filter matches, and the sender has not disabled the destination. The sender disables it with
    /// <c>{"NAME": false}</c>, or with <c>{"All": false}</c> and neither <c>{"NAME": true}</c> nor options for it.
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
        if (document.RootElement.TryGetProperty(destinationId, out var wish) && wish.ValueKind != JsonValueKind.Null)
            return wish.ValueKind != JsonValueKind.False;
        return !document.RootElement.TryGetProperty("All", out var all) || all.ValueKind != JsonValueKind.False;
    }
}
