using Cdp.Chaos.Oracle;
using Cdp.Chaos.People;

namespace Cdp.Chaos.Ledger;

// The states of the profiles.
public sealed partial class Comparison
{
    private void CompareProfiles()
    {
        var expected = ExpectedProfiles();
        foreach (var (profileId, wanted) in expected)
        {
            if (_observed.Profiles.TryGetValue(profileId, out var state)) CompareProfile(profileId, wanted, state);
            else Add(
                Mismatch.Lost,
                $"there is no profile {profileId} of {wanted.Ids} with {wanted.Events.Count} events, the first {wanted.Events.FirstOrDefault()?.MessageId}");
        }
        foreach (var (profileId, state) in _observed.Profiles)
        {
            if (!expected.ContainsKey(profileId) && state.Logged is { mergedInto: null })
            {
                var text = $"profile {profileId} at {state.At} of {ProfileText.Ids(state.Logged)} still exists";
                Add(Mismatch.WrongMerges, $"{text}; expected: merged into {_linker.SurvivorOf(profileId)}");
            }
            if (state.Hot is null || Text(state.Hot) != Text(state.Logged))
            {
                var hot = state.Hot is null ? "nothing" : Text(state.Hot);
                Add(Mismatch.WrongStates, $"Redis has {hot} for {profileId}; profiles {state.At} has {Text(state.Logged)}");
            }
        }
    }

    private Dictionary<string, ExpectedProfile> ExpectedProfiles()
    {
        var expected = new Dictionary<string, ExpectedProfile>();
        var received = _observed.Validated.ToLookup(validated => validated.At, validated => validated.ReceivedAt);
        foreach (var identified in _observed.Identified.Where(e => IsAcknowledged(e.Event)).DistinctBy(e => e.Origin))
        {
            var e = _population.Events[identified.Event];
            var when = e.UsesReceivedAt ? received[identified.Origin].FirstOrDefault() : e.Timestamp;
            GetOrAdd(_linker.RootOf(e.Ids[0]), isAccount: false).Add(e, when, identified.At);
            foreach (var id in e.Ids.Except(identified.Refused)) GetOrAdd(_linker.RootOf(id), isAccount: false).AddIdentifier(id);
            if (e.GroupId is null) continue;
            var group = new Id("group_id", e.GroupId);
            var account = GetOrAdd(_profileIds.Implied(group.ToRecord()), isAccount: true);
            account.Add(e, when, identified.At);
            account.AddIdentifier(group);
        }
        return expected;

        ExpectedProfile GetOrAdd(string profileId, bool isAccount)
        {
            if (!expected.TryGetValue(profileId, out var profile)) expected[profileId] = profile = new ExpectedProfile(isAccount);
            return profile;
        }
    }

    private void CompareProfile(string profileId, ExpectedProfile expected, ProfileState state)
    {
        var logged = state.Logged;
        if (logged.mergedInto is { } winner)
        {
            Add(Mismatch.WrongMerges, $"profile {profileId} at {state.At} is merged into {winner}; expected: still exists with {expected.Ids}");
            return;
        }
        ComparePart(Mismatch.WrongMerges, "identifiers", ProfileText.Ids(logged), expected.Ids);
        ComparePart(Mismatch.WrongTraits, "traits", ProfileText.Traits(logged), expected.Traits);
        ComparePart(Mismatch.WrongCounts, "counts", ProfileText.Counts(logged), expected.Counts);
        ComparePart(Mismatch.WrongCounts, "totals", ProfileText.Totals(logged), expected.Totals);
        ComparePart(Mismatch.WrongStates, "incomplete parts", ProfileText.Cut(logged), expected.Cut);
        ComparePart(Mismatch.WrongStates, "recent events", ProfileText.Recent(logged), expected.Recent);
        ComparePart(Mismatch.WrongStates, "accounts", ProfileText.Links(logged), expected.Links);
        ComparePart(Mismatch.WrongStates, "positions", ProfileText.Positions(logged), expected.Positions);

        void ComparePart(Mismatch kind, string part, string actual, string wanted)
        {
            if (actual == wanted) return;
            var events = string.Join(' ', expected.Events.Take(20).Select(e => e.MessageId));
            Add(kind, $"profile {profileId} at {state.At} of {expected.Ids}: {part} {actual}; expected: {wanted}; its events: {events}");
        }
    }

    private static string Text(cdp.Profile profile) => string.Join(
        "; ", profile.mergedInto, ProfileText.Ids(profile), ProfileText.Traits(profile), ProfileText.Counts(profile), ProfileText.Totals(profile),
        ProfileText.Cut(profile), ProfileText.Recent(profile), ProfileText.Links(profile), ProfileText.Positions(profile));
}
