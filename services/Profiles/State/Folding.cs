using cdp;
using Cdp.Contracts;
using Cdp.Identifiers.Types;
using Cdp.Profiles.State.Ordering;

namespace Cdp.Profiles.State;

/// <summary>
/// Folds events into the state of a profile. The state is a commutative monoid, bounds included: <c>Merge(Fold(A), Fold(B)) == Fold(A ∪ B)</c> for any
/// division and any order of the events. That makes merges exact and late events harmless. Anything folded in later (computed traits, windows) must keep
/// this property. Every event can be folded.
/// <para>
/// The methods change their first argument. The elements of a profile's lists and maps are replaced, never changed, so that two profiles may share them.
/// </para>
/// </summary>
/// <param name="ids">Derives the id of an account from the groupId of a group call.</param>
/// <param name="bounds">The maximum size of a profile.</param>
/// <param name="blocked">
/// The groupIds that create no account. They must stay the same while the process runs: a recomputed state must equal the state that was folded.
/// </param>
public sealed class Folding(ProfileIds ids, Bounds bounds, BlockedValues blocked)
{
    public ProfileIds Ids { get; } = ids;

    public Bounds Bounds { get; } = bounds;

    public static Profile Empty(string profileId) => new()
    {
        profileId = profileId,
        identifiers = new List<Identifier>(),
        traits = new Dictionary<string, Trait>(),
        counts = new Dictionary<string, EventCount>(),
        absorbed = new List<string>(),
        reflects = new List<RecordPosition>(),
        bounds = Bounds.Version,
    };

    /// <summary>The state of a profile that was merged into another.</summary>
    public static Profile Alias(string profileId, string winnerId)
    {
        var alias = Empty(profileId);
        alias.mergedInto = winnerId;
        return alias;
    }

    /// <summary>Whether no event was ever folded in.</summary>
    public static bool IsEmpty(Profile profile) => profile.reflects.Count == 0;

    /// <summary>The link to the account named by a group call; null if there is none. See <see cref="Accounts.LinkOf"/>.</summary>
    public AccountLink? LinkOf(Event e) => Accounts.LinkOf(e, Ids, blocked);

    /// <summary>Folds an event into the profile of the person it belongs to.</summary>
    /// <param name="profile">The profile, which is changed.</param>
    /// <param name="identified">The event.</param>
    /// <param name="position">The position in events.identified at which the event was first written, even if it has been forwarded since then.</param>
    public void Fold(Profile profile, IdentifiedEvent identified, RecordPosition position)
    {
        var e = identified.validated.envelope;
        // The traits of a group call belong to the account, not to the person.
        if (e.type == "identify") SetTraits(profile, e, position);
        if (LinkOf(e) is { } link) Accounts.Add(profile.accounts, link, Bounds.Links);
        foreach (var identifier in identified.identifiers) IdentifierSet.Add(profile, identifier);
        // Anything computed from single events, such as computed traits, belongs in Count; its counterpart belongs in Merge.
        Count(profile, e, position);
    }

    /// <summary>Folds a group call into the account it names.</summary>
    public void FoldAccount(Profile account, AccountEvent call)
    {
        var e = call.@event.validated.envelope;
        SetTraits(account, e, call.origin);
        account.kind = Accounts.Kind;
        IdentifierSet.Add(account, Accounts.Identifier(e.groupId));
        if (Accounts.MemberOf(call.@event) is { } member) Accounts.Add(account.members, member, Bounds.Members);
        Count(account, e, call.origin);
    }

    public void Merge(Profile into, Profile other)
    {
        var from = OldState.IsOld(other) ? OldState.Upgrade(other) : other;
        foreach (var what in from.cut) Cuts.Add(into, what);
        Traits.Merge(into, from, Bounds);
        Traits.Cut(into, Bounds);
        Counts.Merge(into, from);
        Counts.Cut(into, Bounds);
        into.total += from.total;
        Widen(into, from.firstSeen, from.lastSeen);
        if (from.kind == Accounts.Kind) into.kind = Accounts.Kind;
        AddIdentifiers(into, from.identifiers);
        AddAbsorbed(into, from.absorbed);
        foreach (var position in from.reflects) AddReflected(into, position);
        foreach (var position in from.since) AddSince(into, position);
        into.recent = Recent.Merged(into.recent, from.recent, Bounds.Recent);
        foreach (var link in from.accounts) Accounts.Add(into.accounts, link, Bounds.Links);
        foreach (var member in from.members) Accounts.Add(into.members, member, Bounds.Members);
    }

    /// <summary>The state within the current bounds: the same object, or a reduced copy if it was written under different bounds.</summary>
    public Profile WithinBounds(Profile state)
    {
        if (!OldState.IsOld(state)) return state;
        var bounded = Empty(state.profileId);
        Merge(bounded, state);
        AddSharedKeys(bounded, state.sharedKeys);
        bounded.mergedInto = state.mergedInto;
        (bounded.routes, bounded.pending, bounded.awaited) = (state.routes, state.pending, state.awaited);
        return bounded;
    }

    /// <summary>Adds identifiers that belong to a profile independently of the events that named them.</summary>
    public void AddIdentifiers(Profile profile, IEnumerable<Identifier> identifiers)
    {
        foreach (var identifier in identifiers) IdentifierSet.Add(profile, identifier);
        IdentifierSet.Cut(profile, Bounds);
    }

    /// <summary>Records profiles that were merged into this one.</summary>
    public void AddAbsorbed(Profile profile, IEnumerable<string> profileIds)
    {
        foreach (var profileId in profileIds) Sorted.Add(profile.absorbed, profileId, string.CompareOrdinal);
        profile.absorbed = Cuts.First(profile, profile.absorbed, Bounds.Related, Cuts.Absorbed);
    }

    /// <summary>Records profiles under whose keys events of this one may be stored.</summary>
    public void AddSharedKeys(Profile profile, IEnumerable<string> profileIds)
    {
        foreach (var profileId in profileIds) Sorted.Add(profile.sharedKeys, profileId, string.CompareOrdinal);
        profile.sharedKeys = Cuts.First(profile, profile.sharedKeys, Bounds.Related, Cuts.SharedKeys);
    }

    private void Count(Profile profile, Event e, RecordPosition position)
    {
        var time = EventTime.Of(e);
        IdentifierSet.Cut(profile, Bounds);
        Counts.Add(profile, CountedAs(e), new EventCount { count = 1, first = time, last = time });
        Counts.Cut(profile, Bounds);
        profile.total++;
        Widen(profile, time, time);
        Recent.Add(profile.recent, e, Bounds.Recent);
        AddReflected(profile, position);
        AddSince(profile, position);
    }

    private static string CountedAs(Event e) => e is { type: "track", @event: { } name } ? name : $"${e.type}";

    private void SetTraits(Profile profile, Event e, RecordPosition position)
    {
        if (e.traits is null || Withheld.CoversTraits(e)) return;
        if (JsonMembers.Of(e.traits) is not { } members)
        {
            Cuts.Add(profile, Cuts.Traits);
            return;
        }
        var (time, messageId) = (EventTime.Of(e), Texts.MessageId(e.messageId));
        foreach (var (name, value) in members)
        {
            Traits.Set(profile, name, new Trait { value = value, timestamp = time, messageId = messageId, position = position }, Bounds);
        }
        Traits.Cut(profile, Bounds);
    }

    private static void Widen(Profile profile, DateTime? first, DateTime? last)
    {
        if (first is { } f && f != EventTime.Unknown) profile.firstSeen = profile.firstSeen is { } existing ? EventTime.Earlier(existing, f) : f;
        if (last is { } l && l != EventTime.Unknown) profile.lastSeen = profile.lastSeen is { } existing ? EventTime.Later(existing, l) : l;
    }

    private static void AddReflected(Profile profile, RecordPosition position)
    {
        var at = Sorted.Find(profile.reflects, position, Order.ComparePartition);
        if (at < 0) profile.reflects.Insert(~at, position);
        else if (profile.reflects[at].offset < position.offset) profile.reflects[at] = position;
    }

    private static void AddSince(Profile profile, RecordPosition position)
    {
        var at = Sorted.Find(profile.since, position, Order.ComparePartition);
        if (at < 0) profile.since.Insert(~at, position);
        else if (profile.since[at].offset > position.offset) profile.since[at] = position;
    }
}
