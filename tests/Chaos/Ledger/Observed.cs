using cdp;
using Cdp.Chaos.Oracle;
using Cdp.Chaos.People;

namespace Cdp.Chaos.Ledger;

/// <summary>Where a record stands; the topic is known.</summary>
public readonly record struct At(int Partition, long Offset)
{
    public override string ToString() => $"{Partition}@{Offset}";
}

/// <summary>An event of events.validated.</summary>
public readonly record struct Validated(At At, int Event);

/// <summary>A record of identity.requests.</summary>
public sealed record Requested(long Offset, int Event, IReadOnlyList<Id> Ids, At Origin);

/// <summary>An event of events.identified.</summary>
public sealed record Identified(At At, int Event, string ProfileId, IReadOnlyList<Id> Ids, IReadOnlyList<Id> Refused, At Origin);

/// <summary>A ProfileMerged of events.identified.</summary>
public sealed record Ended(At At, string Loser, string Winner, long Sequence);

/// <summary>A record of profiles.transfers: what was handed on to a profile.</summary>
/// <param name="At">Where it stands.</param>
/// <param name="To">The receiver.</param>
/// <param name="What">The state or the event, so that a second one of the same is known.</param>
public sealed record Handed(At At, string To, string What);

/// <summary>The last state of a profile.</summary>
/// <param name="At">Where it stands in the profiles topic.</param>
/// <param name="Logged">As it stands there.</param>
/// <param name="Hot">As Redis has it; null: it has none.</param>
public sealed record State(At At, Profile Logged, Profile? Hot);

/// <summary>A request that the webhook took.</summary>
public readonly record struct Arrived(string ProfileId, int Event);

/// <summary>Everything that the run has left behind, in the order in which it stands.</summary>
public sealed record Observed
{
    public required IReadOnlyList<Validated> Validated { get; init; }
    public required IReadOnlyList<Requested> Requests { get; init; }
    public required IReadOnlyList<Decided> Decisions { get; init; }
    public required IReadOnlyList<Identified> Identified { get; init; }
    public required IReadOnlyList<Ended> Ended { get; init; }
    public required IReadOnlyList<Handed> Handed { get; init; }
    public required IReadOnlyDictionary<string, State> Profiles { get; init; }
    public required IReadOnlyDictionary<Id, string> HotRoots { get; init; }
    public required IReadOnlyList<Arrived> Arrived { get; init; }

    /// <summary>Records of dead, events.quarantined and deliveries.dead, each as one line.</summary>
    public required IReadOnlyList<string> Dead { get; init; }
}
