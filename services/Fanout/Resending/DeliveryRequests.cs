using cdp;

namespace Cdp.Fanout.Resending;

/// <summary>Makes the records that ask for a delivery.</summary>
public static class DeliveryRequests
{
    /// <summary>The request to send a dead delivery again.</summary>
    /// <param name="dead">The dead delivery.</param>
    /// <param name="deadAt">Its position.</param>
    /// <param name="job">The operator's name for the re-drive.</param>
    /// <param name="now">The time, in UTC.</param>
    public static DeliveryRequest Of(DeadDelivery dead, RecordPosition deadAt, string job, DateTime now) => new()
    {
        destinationId = dead.destinationId,
        profileId = dead.profileId,
        action = dead.action,
        @event = dead.@event,
        origin = dead.origin,
        deadAt = deadAt,
        job = job,
        requestedAt = now,
    };

    /// <summary>The request to send an event from the history.</summary>
    /// <param name="identified">The event.</param>
    /// <param name="origin">Its position in events.identified.</param>
    /// <param name="destinationId">The destination.</param>
    /// <param name="job">The operator's name for the replay.</param>
    /// <param name="now">The time, in UTC.</param>
    public static DeliveryRequest Of(IdentifiedEvent identified, RecordPosition origin, string destinationId, string job, DateTime now) => new()
    {
        destinationId = destinationId,
        profileId = identified.profileId,
        @event = identified,
        origin = origin,
        job = job,
        requestedAt = now,
    };
}
