using cdp;
using Cdp.Contracts;

namespace Cdp.Profiles.State;

/// <summary>
/// The state of a profile is a commutative monoid: <c>Merge(Fold(A), Fold(B)) == Fold(A ∪ B)</c> for any split and any order of the events. That makes
/// merging exact and late events harmless. What is folded in later (computed traits, windows) must keep it so.
/// The functions change their first argument. What a profile's lists and maps hold is only ever replaced, never changed, so two profiles may share it.
/// </summary>
public static class Folding
{
    public static Profile Empty(string profileId) => new()
    {
        profileId = profileId,
        identifiers = new List<Identifier>(),
        traits = new Dictionary<string, Trait>(),
        counts = new Dictionary<string, EventCount>(),
        absorbed = new List<string>(),
        reflects = new List<RecordPosition>(),
    };

    /// <summary>Whether nothing was ever folded in, so that there is nothing to hand over.</summary>
    public static bool IsEmpty(Profile profile) => profile.reflects.Count == 0;

    /// <summary>Folds an event into the person whose it is.</summary>
    /// <param name="profile">What the event is folded into.</param>
    /// <param name="identified">The event.</param>
    /// <param name="position">Where the event first stood in events.identified, whichever way it came since.</param>
    /// <param name="ids">How a group call's groupId becomes the id of an account.</param>
    /// <exception cref="System.Text.Json.JsonException">The traits are no JSON object; nothing has been folded.</exception>
    public static void Fold(Profile profile, IdentifiedEvent identified, RecordPosition position, ProfileIds ids)
    {
        var e = identified.validated.envelope;
        // The traits of a group call belong to the account, not to the person.
        if (e.type == "identify") SetTraits(profile, e, position);
        if (Accounts.LinkOf(e, ids) is { } link) Accounts.Add(profile.accounts, link);
        foreach (var identifier in identified.identifiers) Sorted.Add(profile.identifiers, identifier, Order.Compare);
        // The place of what is computed of the events themselves, such as computed traits; Merge has the other half.
        Count(profile, e, position);
    }

    /// <summary>Folds a group call into the account that it names.</summary>
    /// <exception cref="System.Text.Json.JsonException">The traits are no JSON object; nothing has been folded.</exception>
    public static void FoldAccount(Profile account, AccountEvent call)
    {
        var e = call.@event.validated.envelope;
        SetTraits(account, e, call.origin);
        account.kind = Accounts.Kind;
        Sorted.Add(account.identifiers, Accounts.Identifier(e.groupId), Order.Compare);
        if (Accounts.MemberOf(call.@event) is { } member) Accounts.Add(account.members, member);
        Count(account, e, call.origin);
    }

    public static void Merge(Profile into, Profile from)
    {
        foreach (var (name, trait) in from.traits) SetTrait(into, name, trait);
        foreach (var (name, count) in from.counts) AddCount(into, name, count);
        into.total += from.total;
        Widen(into, from.firstSeen, from.lastSeen);
        foreach (var identifier in from.identifiers) Sorted.Add(into.identifiers, identifier, Order.Compare);
        foreach (var profileId in from.absorbed) Sorted.Add(into.absorbed, profileId, string.CompareOrdinal);
        foreach (var position in from.reflects) AddReflected(into, position);
        foreach (var position in from.since) AddSince(into, position);
        into.recent = Recent.Merged(into.recent, from.recent);
        if (from.kind == Accounts.Kind) into.kind = Accounts.Kind;
        foreach (var link in from.accounts) Accounts.Add(into.accounts, link);
        foreach (var member in from.members) Accounts.Add(into.members, member);
    }

    private static void Count(Profile profile, Event e, RecordPosition position)
    {
        AddCount(profile, CountedAs(e), new EventCount { count = 1, first = e.timestamp, last = e.timestamp });
        profile.total++;
        Widen(profile, e.timestamp, e.timestamp);
        Recent.Add(profile.recent, e);
        AddReflected(profile, position);
        AddSince(profile, position);
    }

    private static string CountedAs(Event e) => e is { type: "track", @event: { } name } ? name : $"${e.type}";

    private static void SetTraits(Profile profile, Event e, RecordPosition position)
    {
        if (e.traits is null) return;
        foreach (var (name, value) in JsonMembers.Of(e.traits))
        {
            SetTrait(profile, name, new Trait { value = value, timestamp = e.timestamp, messageId = e.messageId, position = position });
        }
    }

    // Of two members of one name in one event's traits the second counts, as JSON parsers have it: they compare as equal.
    private static void SetTrait(Profile profile, string name, Trait trait)
    {
        if (!profile.traits.TryGetValue(name, out var existing) || Order.Compare(trait, existing) >= 0) profile.traits[name] = trait;
    }

    private static void AddCount(Profile profile, string name, EventCount count) =>
        profile.counts[name] = profile.counts.TryGetValue(name, out var existing)
            ? new EventCount { count = existing.count + count.count, first = Earlier(existing.first, count.first), last = Later(existing.last, count.last) }
            : count;

    private static void Widen(Profile profile, DateTime? first, DateTime? last)
    {
        if (first is { } f) profile.firstSeen = profile.firstSeen is { } existing ? Earlier(existing, f) : f;
        if (last is { } l) profile.lastSeen = profile.lastSeen is { } existing ? Later(existing, l) : l;
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

    private static DateTime Earlier(DateTime a, DateTime b) => a <= b ? a : b;

    private static DateTime Later(DateTime a, DateTime b) => a >= b ? a : b;
}
