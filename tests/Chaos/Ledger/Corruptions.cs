using cdp;
using Cdp.Chaos.Oracle;
using Cdp.Chaos.People;
using Cdp.Chaos.Sending;
using Cdp.Chaos.Settings;

namespace Cdp.Chaos.Ledger;

/// <summary>A change to the outcome of a run, and the mismatch that the comparison must then find.</summary>
public sealed record Corruption(string Name, Mismatch Mismatch, Func<Observed, RunActions, (Observed, RunActions)> Apply)
{
    public Corruption(string name, Mismatch mismatch, Func<Observed, Observed> change)
        : this(name, mismatch, (observed, actions) => (change(observed), actions)) { }

    public Corruption(string name, Mismatch mismatch, Func<RunActions, RunActions> change)
        : this(name, mismatch, (observed, actions) => (observed, change(actions))) { }

    /// <summary>Whether the comparison of deliveries must find it: the others need not run.</summary>
    public bool ConcernsDeliveries { get; init; }
}

/// <summary>
/// Tests the ledger itself: corrupts the outcome of a clean run in one place at a time. The comparison must detect each corruption.
/// </summary>
public static class Corruptions
{
    public static IReadOnlyList<Corruption> All(Population population, bool hasFaults) =>
    [
        .. OfEvents(population),
        .. DestinationIds.All.SelectMany(OfDeliveries).Concat(OfRefusedDeliveries()).Select(corruption => corruption with { ConcernsDeliveries = true }),
        .. OfProfiles(),
        .. OfRefusals(),
        .. OfOddInput(population),
        .. population.HasHeavyCustomers ? OfLimits() : [],
        .. hasFaults ? OfFaults() : [],
    ];

    /// <summary>The names of the corruptions that the comparison does not detect.</summary>
    public static IEnumerable<string> Undetected(
        Population population, bool hasFaults, Observed observed, RunActions actions, Func<Observed, RunActions, bool, Findings> compare)
    {
        return All(population, hasFaults).AsParallel().AsOrdered().WithDegreeOfParallelism(2).Where(IsUndetected).Select(corruption => corruption.Name);

        bool IsUndetected(Corruption corruption)
        {
            var (corrupted, corruptedActions) = corruption.Apply(observed, actions);
            return compare(corrupted, corruptedActions, corruption.ConcernsDeliveries).Counts[corruption.Mismatch] == 0;
        }
    }

    private static IEnumerable<Corruption> OfEvents(Population population) =>
    [
        new(
            "an acknowledged event is not validated", Mismatch.Lost,
            observed => observed with { Validated = WithoutAll(observed.Validated, record => record.Event) }),
        new(
            "an event is validated twice", Mismatch.Duplicated,
            observed => observed with { Validated = [.. observed.Validated, observed.Validated[^1] with { At = Last }] }),
        new("an event is not identified", Mismatch.Lost, observed => observed with { Identified = Without(observed.Identified) }),
        new("an event is identified twice", Mismatch.Duplicated,
            observed => observed with { Identified = [.. observed.Identified, Middle(observed.Identified) with { At = Last }] }),
        new("a state is transferred twice", Mismatch.Duplicated, observed => observed with { Transfers = [.. observed.Transfers, Middle(observed.Transfers)] }),
        new("an event is under another profile", Mismatch.WrongMerges,
            observed => observed with { Identified = With(observed.Identified, e => e with { ProfileId = "stranger" }) }),
        new("a decision names another profile", Mismatch.WrongMerges,
            observed => observed with { Decisions = With(observed.Decisions, decision => decision with { Root = "stranger" }) }),
        new("a decision is missing", Mismatch.WrongMerges, observed => observed with { Decisions = Without(observed.Decisions) }),
        new("a merge is not announced", Mismatch.WrongMerges, observed => observed with { Merges = Without(observed.Merges) }),
        new("two events of a device are swapped", Mismatch.OrderViolations, observed => observed with { Validated = Swapped(population, observed.Validated) }),
        new(
            "an acknowledged event is not stored", Mismatch.Lost,
            observed => observed with { Collected = WithoutAll(observed.Collected, record => record.Event) }),
        new(
            "a repeated message passes within the window", Mismatch.Duplicated,
            observed => observed with { Validated = [.. observed.Validated, Repeated(observed)] }),
    ];

    private static IEnumerable<Corruption> OfDeliveries(string destination)
    {
        yield return OfDeliveries("an event does not arrive", Mismatch.Lost, deliveries => WithoutEvent(deliveries, Accepted(deliveries)));
        yield return OfDeliveries(
            "an event arrives with two keys", Mismatch.Duplicated, deliveries => [.. deliveries, Accepted(deliveries) with { Key = UInt128.MaxValue }]);
        yield return OfDeliveries(
            "an event has the key of another", Mismatch.WrongDeliveries,
            deliveries => [.. deliveries.Select(delivery => delivery.Event == deliveries[^1].Event ? delivery with { Key = deliveries[0].Key } : delivery)]);
        yield return OfDeliveries(
            "an event has no key", Mismatch.WrongDeliveries, deliveries => With(deliveries, delivery => delivery with { Key = 0 }));
        yield return OfDeliveries(
            "an event arrives that is not identified", Mismatch.WrongDeliveries,
            deliveries => [.. deliveries, Accepted(deliveries) with { ProfileId = "stranger" }]);
        if (DestinationIds.KeepsOrder(destination))
            yield return OfDeliveries("two deliveries of a profile are swapped", Mismatch.OrderViolations, Swapped);
        yield return OfOutcomes("a delivery is not on record", Mismatch.Lost, Without);
        yield return OfOutcomes("a delivery is on record twice", Mismatch.Duplicated, outcomes => [.. outcomes, Middle(outcomes)]);
        yield return OfOutcomes(
            "a delivery is on record as dead too", Mismatch.Duplicated, outcomes => [.. outcomes, Middle(outcomes) with { Outcome = "dead" }]);
        yield return OfOutcomes("a delivered event is dead", Mismatch.DeadRecords, outcomes => With(outcomes, outcome => outcome with { Outcome = "dead" }));
        yield return OfOutcomes(
            "a delivered event is filtered", Mismatch.WrongDeliveries, outcomes => With(outcomes, outcome => outcome with { Outcome = "filtered" }));
        yield return OfOutcomes("a delivery has another key", Mismatch.WrongDeliveries, outcomes => With(outcomes, outcome => outcome with { Key = 1 }));
        yield return OfOutcomes("a delivery has no attempts", Mismatch.WrongDeliveries, outcomes => With(outcomes, outcome => outcome with { Attempts = 0 }));
        yield return OfOutcomes(
            "a delivery names another event", Mismatch.WrongDeliveries, outcomes => With(outcomes, outcome => outcome with { MessageId = "stranger" }));
        yield return OfOutcomes(
            "an outcome without an event", Mismatch.WrongDeliveries, outcomes => [.. outcomes, Middle(outcomes) with { Origin = Last }]);

        Corruption OfDeliveries(string name, Mismatch mismatch, Func<IReadOnlyList<WebhookDelivery>, IEnumerable<WebhookDelivery>> change) =>
            new($"{destination}: {name}", mismatch, observed =>
            {
                var mine = observed.Deliveries.ToLookup(delivery => delivery.Destination == destination);
                return observed with { Deliveries = [.. mine[false], .. change([.. mine[true]])] };
            });

        // Only the outcomes of deliveries that nobody requested.
        Corruption OfOutcomes(string name, Mismatch mismatch, Func<IReadOnlyList<OutcomeRecord>, IEnumerable<OutcomeRecord>> change) =>
            new($"{destination}: {name}", mismatch, observed =>
            {
                var mine = observed.Outcomes.ToLookup(
                    outcome => outcome.Destination == destination && outcome is { Outcome: "delivered", RedrivenFrom: null });
                return observed with { Outcomes = [.. mine[false], .. change([.. mine[true]])] };
            });
    }

    private static IEnumerable<Corruption> OfRefusedDeliveries() =>
    [
        new("an event waits in a retry topic", Mismatch.Lost, observed => observed with { Waiting = ["deliveries.retry.flaky 0@0: m-0 waits"] }),
        OfDead("a refused event is delivered", Mismatch.WrongDeliveries, dead => dead with { Outcome = "delivered" }),
        OfDead("a dead delivery has no reason", Mismatch.DeadRecords, dead => dead with { Reason = "" }),
        OfDead("a dead delivery has no request", Mismatch.DeadRecords, dead => dead with { Request = "" }),
        OfDead("a dead delivery has another status", Mismatch.DeadRecords, dead => dead with { Status = 500 }),
        new("a dead delivery is not on record", Mismatch.Lost, observed => observed with { Outcomes = WithoutFirst(observed.Outcomes, IsDead) }),
        new("a dead delivery is not sent again", Mismatch.Lost, observed => observed with { Outcomes = WithoutFirst(observed.Outcomes, IsSentAgain) }),
        new("a dead delivery is sent again twice", Mismatch.Duplicated,
            observed => observed with { Outcomes = [.. observed.Outcomes, observed.Outcomes.First(IsSentAgain)] }),
        new("a delivery is dead again", Mismatch.DeadRecords,
            observed => observed with { Outcomes = With(observed.Outcomes, IsSentAgain, outcome => outcome with { Outcome = "dead" }) }),
        new("a delivery was sent again without a request", Mismatch.WrongDeliveries,
            observed => observed with { Outcomes = With(observed.Outcomes, IsSentAgain, outcome => outcome with { RedrivenFrom = Last }) }),
        new("a refused event does not arrive when it is sent again", Mismatch.Lost, observed =>
        {
            var refused = observed.Deliveries.First(delivery => !delivery.IsAccepted);
            return observed with { Deliveries = [.. observed.Deliveries.Where(delivery => !delivery.IsAccepted || !IsSame(delivery, refused))] };
        }),
    ];

    private static IEnumerable<Corruption> OfProfiles() =>
    [
        OfProfile("a trait has an older value", Mismatch.WrongTraits, profile => profile.traits.Count > 0, MakeTraitsOlder),
        OfProfile("an event counts twice", Mismatch.WrongCounts, profile => profile.counts.Count > 0, IncrementCounts),
        OfProfile("an identifier is missing", Mismatch.WrongMerges, profile => profile.identifiers.Count > 1,
            profile => profile.identifiers = [.. profile.identifiers.SkipLast(1)]),
        OfProfile(
            "a recent event is missing", Mismatch.WrongStates, profile => profile.recent.Count > 1, profile => profile.recent = [.. profile.recent.Skip(1)]),
        OfProfile("a total is one too high", Mismatch.WrongCounts, _ => true, profile => profile.total++),
        OfProfile("an account lost its members", Mismatch.WrongStates, profile => profile.members.Count > 0, profile => profile.members = []),
        OfProfile("a profile was last seen in the future", Mismatch.WrongCounts, _ => true, profile => profile.lastSeen = DateTime.UtcNow.AddDays(1)),
        new("Redis lacks a profile", Mismatch.WrongStates, WithoutHotState),
    ];

    private static IEnumerable<Corruption> OfRefusals() =>
    [
        new(
            "a refused event is acknowledged", Mismatch.WrongRefusals,
            actions => actions with { Answers = Changed(actions.Answers, code => code is not null, null) }),
        new(
            "a valid event is refused", Mismatch.WrongRefusals,
            actions => actions with { Answers = Changed(actions.Answers, code => code is null, "unknown_type") }),
        new("a refused event is not kept", Mismatch.WrongRefusals,
            observed => observed with { Quarantined = WithoutAll(observed.Quarantined, quarantined => quarantined.Event) }),
        new("a refused event is stored", Mismatch.WrongStates, (observed, actions) =>
            (observed with { Collected = [.. observed.Collected, new CollectedRecord(Last, Refused(actions), default)] }, actions)),
        new("a dead letter without a cause", Mismatch.DeadRecords,
            observed => observed with { DeadLetters = [.. observed.DeadLetters, new DeadLetter("dead 0@0", "validation", "", 0, "", 0, "")] }),
    ];

    // Only for the kinds of odd input that the run sends.
    private static IEnumerable<Corruption> OfOddInput(Population population)
    {
        foreach (var kind in new[] { OddInput.NumericUserId, OddInput.PaddedId }.Intersect(Switches.OddInputs))
        {
            yield return new($"{kind}: an identifier is not in canonical form", Mismatch.WrongMerges,
                observed => WithFirst(population, observed, kind, e => e with { Ids = [.. e.Ids.Select(id => id with { Value = $"{id.Value} " })] }));
        }
        if (Switches.OddInputs.Contains(OddInput.PlaceholderId))
        {
            yield return new($"{OddInput.PlaceholderId}: a placeholder counts as an identifier", Mismatch.WrongMerges, observed => WithFirst(
                population, observed, OddInput.PlaceholderId, e => e with { Ids = [new Id(Id.Anonymous, population.Events[e.Event].AnonymousId!)] }));
        }
        if (Switches.OddInputs.Contains(OddInput.MergeByWebKey))
        {
            yield return new($"{OddInput.MergeByWebKey}: two customers are merged", Mismatch.WrongMerges,
                observed => observed with { Decisions = [.. observed.Decisions.Select(decision => WithWebMerge(population, decision))] });
        }
    }

    // Profiles at their limits.
    private static IEnumerable<Corruption> OfLimits() =>
    [
        OfProfile("an event whose name is not listed is not counted", Mismatch.WrongCounts, profile => profile.otherEvents is not null,
            profile => profile.otherEvents = Decremented(profile.otherEvents)),
        OfProfile("another event name is listed", Mismatch.WrongCounts, profile => profile.otherEvents is not null,
            profile => profile.counts = profile.counts.Skip(1).Append(new("another", profile.counts.First().Value)).ToDictionary()),
        OfProfile("a trait with a cut value is not listed", Mismatch.WrongTraits, profile => profile.cutTraits.Count > 0,
            profile => profile.cutTraits = [.. profile.cutTraits.Skip(1)]),
        OfProfile("a trait beyond the maximum is kept", Mismatch.WrongTraits, profile => profile.cut.Count > 0,
            profile => profile.traits = profile.traits.Append(new("another", profile.traits.First().Value)).ToDictionary()),
        OfProfile("an incomplete part is not listed", Mismatch.WrongStates, profile => profile.cut.Count > 0, profile => profile.cut = []),
        OfProfile("an account is missing although it would fit", Mismatch.WrongStates, profile => profile.accounts.Count > 1,
            profile => profile.accounts = [.. profile.accounts.SkipLast(1)]),
        OfProfile("a long identifier has another short form", Mismatch.WrongMerges, profile => profile.identifiers.Any(IsShortened),
            profile => profile.identifiers = [.. profile.identifiers.Select(CutIfShortened)]),
        OfProfile("a long messageId has another short form", Mismatch.WrongStates, profile => profile.recent.Any(IsShortened),
            profile => profile.recent = [.. profile.recent.Select(CutIfShortened)]),
    ];

    private static IEnumerable<Corruption> OfFaults() =>
    [
        new("an unreadable record has no dead letter", Mismatch.Lost, observed => observed with { DeadLetters = Without(observed.DeadLetters) }),
        new(
            "an unreadable record has two dead letters", Mismatch.Duplicated,
            observed => observed with { DeadLetters = [.. observed.DeadLetters, observed.DeadLetters[0]] }),
        OfDeadLetter(
            "a dead letter lost the original value", isOmitted: false,
            letter => letter with { Omitted = "value", Bytes = letter.Bytes - (int)letter.ValueBytes }),
        OfDeadLetter("a dead letter is too large", isOmitted: true, letter => letter with { Omitted = "", Bytes = letter.Bytes + (int)letter.ValueBytes }),
        OfDeadLetter("a dead letter has another hash", isOmitted: true, letter => letter with { ValueSha256 = "" }),
        new("an operator's split is not decided", Mismatch.WrongMerges,
            observed => observed with { Decisions = [.. observed.Decisions.Where(decision => decision.Kind != "split")] }),
        new("a split is not announced", Mismatch.WrongMerges, observed => observed with { Splits = Without(observed.Splits) }),
        new("a split takes out another identifier", Mismatch.WrongMerges,
            observed => observed with { Decisions = [.. observed.Decisions.Select(WithOtherSplit)] }),
        new("a rebuild finds a difference", Mismatch.FailedCommands, actions => actions with { Failures = ["--rebuild exited with 1"] }),
    ];

    private static Position Last => new(0, long.MaxValue);

    private static Corruption OfProfile(string name, Mismatch mismatch, Predicate<Profile> where, Action<Profile> change) =>
        new(name, mismatch, observed => Changed(observed, where, change));

    private static Corruption OfDeadLetter(string name, bool isOmitted, Func<DeadLetter, DeadLetter> change) => new(name, Mismatch.DeadRecords,
        observed => observed with { DeadLetters = With(observed.DeadLetters, letter => letter.Omitted.Length > 0 == isOmitted, change) });

    private static Corruption OfDead(string name, Mismatch mismatch, Func<OutcomeRecord, OutcomeRecord> change) =>
        new(name, mismatch, observed => observed with { Outcomes = With(observed.Outcomes, IsDead, change) });

    private static bool IsDead(OutcomeRecord outcome) => outcome.Outcome == "dead";

    private static bool IsSentAgain(OutcomeRecord outcome) => outcome.RedrivenFrom is not null;

    private static bool IsSame(WebhookDelivery one, WebhookDelivery other) =>
        (one.Destination, one.ProfileId, one.Event) == (other.Destination, other.ProfileId, other.Event);

    // A delivery in the middle that was accepted.
    private static WebhookDelivery Accepted(IReadOnlyList<WebhookDelivery> deliveries) => Middle([.. deliveries.Where(delivery => delivery.IsAccepted)]);

    private static List<WebhookDelivery> WithoutEvent(IEnumerable<WebhookDelivery> deliveries, WebhookDelivery one) =>
        [.. deliveries.Where(delivery => !IsSame(delivery, one))];

    private static List<T> WithoutFirst<T>(IReadOnlyList<T> list, Func<T, bool> where)
    {
        var at = list.Index().First(item => where(item.Item)).Index;
        return [.. list.Take(at), .. list.Skip(at + 1)];
    }

    // A second record of a message that was stored twice under one key.
    private static ValidatedRecord Repeated(Observed observed)
    {
        var validated = observed.Validated.Select(record => (record.Event, record.ReceivedAt)).ToHashSet();
        var dropped = observed.Collected.First(record => !validated.Contains((record.Event, record.ReceivedAt)));
        return new ValidatedRecord(new Position(dropped.At.Partition, long.MaxValue), dropped.Event, dropped.ReceivedAt);
    }

    // Changes the first identified event of a kind of odd input.
    private static Observed WithFirst(Population population, Observed observed, OddInput kind, Func<IdentifiedRecord, IdentifiedRecord> change) =>
        observed with { Identified = With(observed.Identified, e => population.Events[e.Event].OddInput == kind, change) };

    private static Decision WithWebMerge(Population population, Decision decision) =>
        population.WithMessageId(decision.MessageId).Any(e => e.OddInput == OddInput.MergeByWebKey)
            ? decision with { Kind = "merged", Dropped = new HashSet<(Id, string)>() }
            : decision;

    private static Decision WithOtherSplit(Decision decision) =>
        decision.Kind == "split" ? decision with { Ids = new HashSet<Id> { new(Id.User, "stranger") } } : decision;

    private static int Refused(RunActions actions) => actions.Answers.First(answer => answer.Value is not null).Key;

    private static Dictionary<int, string?> Changed(IReadOnlyDictionary<int, string?> answers, Predicate<string?> where, string? code)
    {
        var changed = new Dictionary<int, string?>(answers);
        changed[answers.First(answer => where(answer.Value)).Key] = code;
        return changed;
    }

    private static List<T> WithoutAll<T, TKey>(IReadOnlyList<T> list, Func<T, TKey> key) => [.. list.Where(item => !Equals(key(item), key(Middle(list))))];

    private static T Middle<T>(IReadOnlyList<T> list) => list[list.Count / 2];

    private static List<T> Without<T>(IReadOnlyList<T> list) => [.. list.Take(list.Count / 2), .. list.Skip(list.Count / 2 + 1)];

    private static List<T> With<T>(IReadOnlyList<T> list, Func<T, T> change) => WithAt(list, list.Count / 2, change);

    private static List<T> With<T>(IReadOnlyList<T> list, Func<T, bool> where, Func<T, T> change) =>
        WithAt(list, list.Index().First(item => where(item.Item)).Index, change);

    private static List<T> WithAt<T>(IReadOnlyList<T> list, int at, Func<T, T> change) => [.. list.Take(at), change(list[at]), .. list.Skip(at + 1)];

    // Swaps the first two events of one device.
    private static List<ValidatedRecord> Swapped(Population population, IReadOnlyList<ValidatedRecord> list)
    {
        var swapped = list.ToList();
        var (first, second) = FirstPair(list, record => population.Events[record.Event].Key);
        (swapped[first], swapped[second]) = (swapped[first] with { Event = swapped[second].Event }, swapped[second] with { Event = swapped[first].Event });
        return swapped;
    }

    // Swaps the first two accepted events of one profile that were never refused.
    private static List<WebhookDelivery> Swapped(IReadOnlyList<WebhookDelivery> list)
    {
        var refused = list.Where(delivery => !delivery.IsAccepted).Select(delivery => (delivery.ProfileId, delivery.Event)).ToHashSet();
        var parts = list.ToLookup(delivery => refused.Contains((delivery.ProfileId, delivery.Event)));
        var once = parts[false].DistinctBy(delivery => (delivery.ProfileId, delivery.Event)).ToList();
        var (first, second) = FirstPair(once, delivery => delivery.ProfileId);
        (once[first], once[second]) = (once[second], once[first]);
        return [.. parts[true], .. once];
    }

    private static (int First, int Second) FirstPair<T>(IReadOnlyList<T> list, Func<T, string> key)
    {
        var last = new Dictionary<string, int>();
        for (var i = 0; i < list.Count; i++)
        {
            if (!last.TryAdd(key(list[i]), i)) return (last[key(list[i])], i);
        }
        throw new InvalidOperationException("no two records have the same key");
    }

    private static Observed Changed(Observed observed, Predicate<Profile> where, Action<Profile> change)
    {
        var (profileId, state) = observed.Profiles.First(state => state.Value.Logged.mergedInto is null && where(state.Value.Logged));
        var old = state.Logged;
        // Copies the members that the comparison uses.
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
            cut = old.cut,
            cutTraits = old.cutTraits,
            otherEvents = old.otherEvents,
        };
        change(changed);
        return observed with
        {
            Profiles = new Dictionary<string,
            ProfileState>(observed.Profiles)
            { [profileId] = state with { Logged = changed, Hot = changed } },
        };
    }

    private static Observed WithoutHotState(Observed observed)
    {
        var (profileId, state) = observed.Profiles.First();
        return observed with { Profiles = new Dictionary<string, ProfileState>(observed.Profiles) { [profileId] = state with { Hot = null } } };
    }

    private static void MakeTraitsOlder(Profile profile) => profile.traits = profile.traits.ToDictionary(trait => trait.Key, trait => new Trait
    {
        value = "\"older\"",
        messageId = trait.Value.messageId,
        timestamp = trait.Value.timestamp,
        position = trait.Value.position,
    });

    private static void IncrementCounts(Profile profile) => profile.counts = profile.counts.ToDictionary(
        count => count.Key, count => new EventCount { count = count.Value.count + 1, first = count.Value.first, last = count.Value.last });

    private static OtherEvents Decremented(OtherEvents other) => new() { count = other.count - 1, first = other.first, last = other.last, from = other.from };

    private static bool IsShortened(Identifier identifier) => identifier.value.Contains('~', StringComparison.Ordinal);

    private static bool IsShortened(RecentEvent e) => e.messageId.Contains('~', StringComparison.Ordinal);

    private static Identifier CutIfShortened(Identifier id) => IsShortened(id) ? new Identifier { type = id.type, value = id.value[..^1] } : id;

    private static RecentEvent CutIfShortened(RecentEvent e) =>
        IsShortened(e) ? new RecentEvent { messageId = e.messageId[..^1], name = e.name, type = e.type, timestamp = e.timestamp } : e;
}
