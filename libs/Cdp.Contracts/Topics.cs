using cdp;

namespace Cdp.Contracts;

/// <summary>The topic table: the public contract between the services, and with every other reader of the log. Topics are created from it.</summary>
public static class Topics
{
    public static readonly Topic EventsCollected = new("events.collected", "anonymousId, else userId", Cleanup.Delete, false, typeof(CollectedEvent));
    public static readonly Topic EventsValidated = new(
        "events.validated", "as events.collected, same partition", Cleanup.Delete, false, typeof(ValidatedEvent));
    public static readonly Topic EventsQuarantined = new("events.quarantined", "as events.collected", Cleanup.DeleteLong, false, typeof(QuarantinedEvent));
    public static readonly Topic ImportsCheckpoints = new("imports.checkpoints", "sourceId/fileId", Cleanup.Compact, false, typeof(ImportCheckpoint));
    public static readonly Topic IdentityRequests = new("identity.requests", "none", Cleanup.Delete, true, typeof(LinkRequest), typeof(UnlinkRequest));
    public static readonly Topic IdentityDecisions = new("identity.decisions", "none", Cleanup.Keep, true, typeof(IdentityDecision));
    public static readonly Topic EventsIdentified = new(
        "events.identified", "profileId", Cleanup.Delete, false, typeof(IdentifiedEvent), typeof(ProfileMerged), typeof(ProfileSplit));
    public static readonly Topic ProfilesTransfers = new(
        "profiles.transfers",
        "profileId of the receiver",
        Cleanup.Delete,
        false,
        typeof(ProfileTransferred), typeof(EventForwarded), typeof(AccountEvent), typeof(ProfileRecomputed), typeof(SplitDue));
    public static readonly Topic Profiles = new("profiles", "profileId", Cleanup.Compact, false, typeof(Profile));
    public static readonly Topic AudiencesMemberships = new("audiences.memberships", "profileId", Cleanup.Delete, false, typeof(AudienceMembership));
    public static readonly Topic Deliveries = new("deliveries", "profileId", Cleanup.Delete, false, typeof(Delivery));
    public static readonly Topic DeliveriesRequests = new("deliveries.requests", "profileId", Cleanup.Delete, false, typeof(DeliveryRequest)) { Wraps = true };
    public static readonly Topic DeliveriesDead = new("deliveries.dead", "profileId", Cleanup.DeleteLong, false, typeof(DeadDelivery));
    public static readonly Topic Dead = new("dead", "source key", Cleanup.DeleteLong, false, typeof(DeadRecord));

    public static readonly IReadOnlyList<Topic> All =
    [
        EventsCollected, EventsValidated, EventsQuarantined, ImportsCheckpoints, IdentityRequests, IdentityDecisions, EventsIdentified,
        ProfilesTransfers, Profiles, AudiencesMemberships, Deliveries, DeliveriesRequests,
        DeliveriesDead, Dead,
    ];

    /// <summary>The topics that exist once for each destination, with ID in the place of its id.</summary>
    public static readonly IReadOnlyList<Topic> PerDestination = [DeliveriesRetry("ID")];

    /// <summary>The events that wait to be sent to a destination again. The key orders them, so that compaction keeps exactly those that wait.</summary>
    public static Topic DeliveriesRetry(string destinationId) =>
        new($"deliveries.retry.{destinationId}", "profileId/sequence", Cleanup.Compact, false, typeof(RetriedDelivery)) { Wraps = true };
}
