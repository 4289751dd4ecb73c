using cdp;

namespace Cdp.Profiles;

/// <summary>
/// The state of a profile is a commutative monoid: <c>Merge(Fold(A), Fold(B)) == Fold(A ∪ B)</c> for any split and any order of the events. That makes
/// merging exact and late events harmless. What is folded in later (computed traits, windows) must keep it so.
/// Both functions change their first argument. What a profile's lists and maps hold is only ever replaced, never changed, so two profiles may share it.
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

    /// <param name="profile">What the event is folded into.</param>
    /// <param name="identified">The event.</param>
    /// <param name="position">Where the event first stood in events.identified, whichever way it came since.</param>
    /// <exception cref="System.Text.Json.JsonException">The traits are no JSON object; nothing has been folded.</exception>
    public static void Fold(Profile profile, IdentifiedEvent identified, RecordPosition position)
    {
        var e = identified.validated.envelope;
        // The traits of a group call belong to the account, not to the person.
        if (e is { type: "identify", traits: not null })
        {
            foreach (var (name, value) in JsonMembers.Of(e.traits))
            {
                SetTrait(profile, name, new Trait { value = value, timestamp = e.timestamp, messageId = e.messageId, position = position });
            }
        }
        AddCount(profile, CountedAs(e), new EventCount { count = 1, first = e.timestamp, last = e.timestamp });
        Widen(profile, e.timestamp, e.timestamp);
        foreach (var identifier in identified.identifiers) Sorted.Add(profile.identifiers, identifier, Order.Compare);
        AddReflected(profile, position);
    }

    public static void Merge(Profile into, Profile from)
    {
        foreach (var (name, trait) in from.traits) SetTrait(into, name, trait);
        foreach (var (name, count) in from.counts) AddCount(into, name, count);
        Widen(into, from.firstSeen, from.lastSeen);
        foreach (var identifier in from.identifiers) Sorted.Add(into.identifiers, identifier, Order.Compare);
        foreach (var profileId in from.absorbed) Sorted.Add(into.absorbed, profileId, string.CompareOrdinal);
        foreach (var position in from.reflects) AddReflected(into, position);
    }

    private static string CountedAs(Event e) => e is { type: "track", @event: { } name } ? name : $"${e.type}";

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

    private static DateTime Earlier(DateTime a, DateTime b) => a <= b ? a : b;

    private static DateTime Later(DateTime a, DateTime b) => a >= b ? a : b;
}
