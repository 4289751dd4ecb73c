using cdp;
using Cdp.Chaos.Oracle;
using Cdp.Chaos.People;

namespace Cdp.Chaos.Ledger;

/// <summary>
/// Whether the ledger can fail: what a clean run has left is spoiled in one place at a time, and each time the comparison must find that kind of fault.
/// </summary>
public static class Spoils
{
    /// <summary>Each way to spoil, by name, and the fault that must be found then.</summary>
    public static IReadOnlyList<(string Name, Fault Fault, Func<Observed, Observed> Spoil)> All(Population population) =>
    [
        ("an acknowledged event is not there", Fault.Lost, observed => observed with { Validated = Without(observed.Validated) }),
        ("an event is validated twice", Fault.Double, observed => observed with { Validated = [.. observed.Validated, observed.Validated[^1] with { At = new At(0, long.MaxValue) }] }),
        ("an event is not identified", Fault.Lost, observed => observed with { Identified = Without(observed.Identified) }),
        ("an event is identified twice", Fault.Double, observed => observed with { Identified = [.. observed.Identified, Middle(observed.Identified) with { At = new At(0, long.MaxValue) }] }),
        ("a state is handed on twice", Fault.Double, observed => observed with { Handed = [.. observed.Handed, Middle(observed.Handed)] }),
        ("an event is under another profile", Fault.WrongMerges, observed => observed with { Identified = With(observed.Identified, e => e with { ProfileId = "stranger" }) }),
        ("a decision takes another profile", Fault.WrongMerges, observed => observed with { Decisions = With(observed.Decisions, decision => decision with { Root = "stranger" }) }),
        ("a decision is missing", Fault.WrongMerges, observed => observed with { Decisions = Without(observed.Decisions) }),
        ("a profile is not told of its end", Fault.WrongMerges, observed => observed with { Ended = Without(observed.Ended) }),
        ("two events of a device are swapped", Fault.OrderViolations, observed => observed with { Validated = Swapped(population, observed.Validated) }),
        ("two deliveries of a profile are swapped", Fault.OrderViolations, observed => observed with { Arrived = Swapped(observed.Arrived) }),
        ("a delivery never came", Fault.Lost, observed => observed with { Arrived = WithoutAll(observed.Arrived) }),
        ("a trait is an older one", Fault.WrongTraits, observed => Changed(observed, profile => profile.traits.Count > 0, Older)),
        ("an event counts twice", Fault.WrongCounts, observed => Changed(observed, profile => profile.counts.Count > 0, Doubled)),
        ("a recent event is forgotten", Fault.WrongStates, observed => Changed(observed, profile => profile.recent.Count > 1, profile => profile.recent = [.. profile.recent.Skip(1)])),
        ("a total is one too high", Fault.WrongCounts, observed => Changed(observed, _ => true, profile => profile.total++)),
        ("an account has lost a member", Fault.WrongStates, observed => Changed(observed, profile => profile.members.Count > 0, profile => profile.members = [])),
        ("Redis has an older state", Fault.WrongStates, Forgotten),
        ("a record is dead", Fault.DeadRecords, observed => observed with { Dead = ["dead 0@0"] }),
    ];

    /// <summary>The ways to spoil that were not found.</summary>
    public static IEnumerable<string> Missed(Population population, Observed observed, Func<Observed, Findings> compare) =>
        All(population).Where(spoil => compare(spoil.Spoil(observed)).Counts[spoil.Fault] == 0).Select(spoil => spoil.Name);

    private static T Middle<T>(IReadOnlyList<T> list) => list[list.Count / 2];

    private static List<T> Without<T>(IReadOnlyList<T> list) => [.. list.Take(list.Count / 2), .. list.Skip(list.Count / 2 + 1)];

    private static List<T> With<T>(IReadOnlyList<T> list, Func<T, T> change) => [.. list.Take(list.Count / 2), change(Middle(list)), .. list.Skip(list.Count / 2 + 1)];

    // Deliveries may come again; what never came is away altogether.
    private static List<Arrived> WithoutAll(IReadOnlyList<Arrived> list) => [.. list.Where(arrived => arrived != Middle(list))];

    // Two neighbours of one device: with each other's place they are out of order.
    private static List<Validated> Swapped(Population population, IReadOnlyList<Validated> list)
    {
        var (swapped, last) = (list.ToList(), new Dictionary<string, int>());
        for (var i = 0; i < swapped.Count; i++)
        {
            var key = population.Events[swapped[i].Event].Key;
            if (last.TryGetValue(key, out var before))
            {
                (swapped[before], swapped[i]) = (swapped[before] with { Event = swapped[i].Event }, swapped[i] with { Event = swapped[before].Event });
                break;
            }
            last[key] = i;
        }
        return swapped;
    }

    private static List<Arrived> Swapped(IReadOnlyList<Arrived> list)
    {
        var (once, last) = (list.Distinct().ToList(), new Dictionary<string, int>());
        for (var i = 0; i < once.Count; i++)
        {
            if (last.TryGetValue(once[i].ProfileId, out var before))
            {
                (once[before], once[i]) = (once[i], once[before]);
                break;
            }
            last[once[i].ProfileId] = i;
        }
        return once;
    }

    private static Observed Changed(Observed observed, Predicate<Profile> where, Action<Profile> change)
    {
        var (profileId, state) = observed.Profiles.First(state => state.Value.Logged.mergedInto is null && where(state.Value.Logged));
        var old = state.Logged;
        // What a comparison looks at; the rest does not matter.
        var changed = new Profile
        {
            profileId = old.profileId,
            identifiers = old.identifiers,
            traits = old.traits,
            counts = old.counts,
            firstSeen = old.firstSeen,
            lastSeen = old.lastSeen,
            absorbed = old.absorbed,
            reflects = old.reflects,
            kind = old.kind,
            total = old.total,
            recent = old.recent,
            since = old.since,
            accounts = old.accounts,
            members = old.members,
        };
        change(changed);
        return observed with { Profiles = new Dictionary<string, State>(observed.Profiles) { [profileId] = state with { Logged = changed, Hot = changed } } };
    }

    private static void Older(Profile profile) =>
        profile.traits = profile.traits.ToDictionary(trait => trait.Key, trait => new Trait { value = "\"older\"", messageId = trait.Value.messageId, timestamp = trait.Value.timestamp, position = trait.Value.position });

    private static void Doubled(Profile profile) =>
        profile.counts = profile.counts.ToDictionary(count => count.Key, count => new EventCount { count = count.Value.count + 1, first = count.Value.first, last = count.Value.last });

    private static Observed Forgotten(Observed observed)
    {
        var (profileId, state) = observed.Profiles.First();
        return observed with { Profiles = new Dictionary<string, State>(observed.Profiles) { [profileId] = state with { Hot = null } } };
    }
}
