using Cdp.Contracts;

namespace Cdp.Fanout.History;

/// <summary>Which deliveries a list shows.</summary>
/// <param name="DestinationId">The destination; null for all.</param>
/// <param name="Outcome">The outcome; null for all.</param>
/// <param name="ProfileId">The profile; null for all.</param>
public sealed record DeliveryQuery(string? DestinationId, string? Outcome, string? ProfileId)
{
    /// <summary>The topics that have such deliveries.</summary>
    /// <param name="destinations">The ids of the configured destinations.</param>
    public IReadOnlyList<Topic> Topics(IEnumerable<string> destinations)
    {
        List<Topic> topics = [];
        if (Outcome is null or DeliverySummary.Delivered or DeliverySummary.Filtered) topics.Add(Contracts.Topics.Deliveries);
        if (Outcome is null or DeliverySummary.Dead) topics.Add(Contracts.Topics.DeliveriesDead);
        if (Outcome is null or DeliverySummary.Waiting)
            topics.AddRange(destinations.Where(id => DestinationId is null || id == DestinationId).Select(Contracts.Topics.DeliveriesRetry));
        return topics;
    }

    /// <summary>Whether a delivery belongs to the list. The deliveries that wait belong to it whenever their wait began.</summary>
    public bool Matches(DeliverySummary delivery, Period period) =>
        (DestinationId is null || delivery.DestinationId == DestinationId)
        && (Outcome is null || delivery.Outcome == Outcome)
        && (ProfileId is null || delivery.ProfileId == ProfileId)
        && (delivery.Outcome == DeliverySummary.Waiting || period.Contains(delivery.At));

    /// <summary>Identifies the query in a cursor.</summary>
    public string Fingerprint => Cursor.Fingerprint(DestinationId, Outcome, ProfileId);
}
