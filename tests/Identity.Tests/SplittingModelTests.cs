using cdp;
using Cdp.Identifiers;
using CsCheck;
using Xunit;

namespace Cdp.Identity.Tests;

/// <summary>What must hold when operators take profiles apart while resolvers, linker and Redis interleave, fail and are replaced.</summary>
public sealed class SplittingModelTests
{
    private static readonly Gen<ValidatedEvent[]> Events = Gen.Select(Gen.Int[0, 4], Gen.Int[0, 5]).Where(names => names.Item1 < 4 || names.Item2 < 3).Array[1, 30]
        .Select(all => all.Select((names, i) => A.Validated(A.Event(
            i.ToString("000", null), userId: names.Item2 < 3 ? $"u{names.Item2}" : null, anonymousId: names.Item1 < 4 ? $"d{names.Item1}" : null))).ToArray());

    // Steps as the model has them; those below zero ask for a split of one or two of the seven names.
    private static readonly Gen<int[]> Schedules = Gen.Frequency((9, Gen.Int[0, 20 * 24 - 1]), (1, Gen.Int[-49, -1])).Array[0, 300];

    [Fact]
    public void AnySchedule_Profiles_AreWhatTheRequestsInTheirOrderMake() => Gen.Select(Events, Schedules).Sample((events, schedule) =>
    {
        var model = Play(events, schedule);
        var sets = Replay(model.Requests);
        foreach (var set in sets)
        {
            Assert.Single(set.Select(name => RootOf(model, name)).Distinct());
        }
        Assert.Equal(sets.Count, sets.Select(set => RootOf(model, set.First())).Distinct().Count());
    }, iter: 2_000);

    [Fact]
    public void AnySchedule_EachEvent_LeadsToTheRootOfItsBestIdentifier() => Gen.Select(Events, Schedules).Sample((events, schedule) =>
    {
        var model = Play(events, schedule);
        Assert.Equal(events.Select(validated => validated.envelope.messageId), model.Identified.OfType<IdentifiedEvent>().Select(e => e.validated.envelope.messageId).Order());
        // What Profiles do with an event that still stands under a profile which its identifier has left, or which has become part of another.
        var aliases = model.Identified.OfType<ProfileMerged>().ToDictionary(merged => merged.loserId, merged => (merged.sequence, Next: merged.winnerId));
        var splits = model.Identified.OfType<ProfileSplit>().ToList();
        foreach (var identified in model.Identified.OfType<IdentifiedEvent>())
        {
            var (profile, best, since) = (identified.profileId, identified.identifiers[0], 0L);
            while (Next(profile, best, since) is { } next) (since, profile) = next;
            Assert.Equal(RootOf(model, best), profile);
        }

        // The way of an identifier in the order of the decisions, from wherever it stands.
        (long, string)? Next(string profile, Identifier best, long since)
        {
            var left = splits.Where(split => split.profileId == profile && split.sequence > since && split.identifiers.Contains(best, IdentifierComparer.Instance)).Select(split => (split.sequence, split.into[0]));
            var merged = aliases.TryGetValue(profile, out var alias) && alias.sequence > since ? [(alias.sequence, alias.Next)] : Array.Empty<(long, string)>();
            return left.Concat(merged).OrderBy(step => step.Item1).Cast<(long, string)?>().FirstOrDefault();
        }
    }, iter: 2_000);

    private static Model Play(ValidatedEvent[] events, int[] schedule)
    {
        var model = new Model(A.Unlimited, events);
        foreach (var choice in schedule)
        {
            if (choice >= 0) model.Step(choice);
            else model.Ask([.. new[] { -choice % 7, -choice / 7 % 7 }.Distinct().Select(Name)]);
        }
        model.Drain();
        return model;
    }

    /// <summary>By sets of names: a link joins them, a split takes names out of one set that has more.</summary>
    private static List<HashSet<Identifier>> Replay(IEnumerable<object?> requests)
    {
        var sets = new List<HashSet<Identifier>>();
        foreach (var request in requests)
        {
            switch (request)
            {
                case LinkRequest link:
                    var joined = sets.Where(set => set.Overlaps(link.identifiers)).ToList();
                    sets.RemoveAll(joined.Contains);
                    sets.Add(new([.. joined.SelectMany(set => set), .. link.identifiers], IdentifierComparer.Instance));
                    break;
                case UnlinkRequest unlink when sets.Where(set => set.Overlaps(unlink.identifiers)).ToList() is [var whole] && whole.IsProperSupersetOf(unlink.identifiers):
                    whole.ExceptWith(unlink.identifiers);
                    sets.Add(new(unlink.identifiers, IdentifierComparer.Instance));
                    break;
            }
        }
        return sets;
    }

    private static Identifier Name(int number) => number < 3 ? A.User($"u{number}") : A.Anonymous($"d{number - 3}");

    private static string RootOf(Model model, Identifier identifier) => model.Redis.Roots.TryGetValue(identifier, out var root) ? root.Root : A.ProfileIds.Implied(identifier);
}
