using cdp;
using Cdp.Identifiers.Types;
using CsCheck;
using Xunit;

namespace Cdp.Identity.Tests.Simulation;

/// <summary>Properties of splits while resolvers, linker and Redis interleave, fail and are replaced.</summary>
public sealed class SplittingModelTests
{
    // Events of four devices and three users, each of which may be absent.
    private static readonly Gen<ValidatedEvent[]> Events = Gen.Select(Gen.Int[0, 4], Gen.Int[0, 5])
        .Where(numbers => numbers.Item1 < 4 || numbers.Item2 < 3)
        .Array[1, 30]
        .Select(all => all.Select((numbers, i) => Event(i, numbers.Item1, numbers.Item2)).ToArray());

    // Steps of the model. A negative one requests a split of one or two of the seven identifiers.
    private static readonly Gen<int[]> Schedules = Gen.Frequency((9, Gen.Int[0, Model.Choices - 1]), (1, Gen.Int[-49, -1])).Array[0, 300];

    [Fact]
    public void Model_AnySchedule_ProfilesFollowFromTheRequestsInTheirOrder() => Gen.Select(Events, Schedules).Sample((events, schedule) =>
    {
        var model = Play(events, schedule);
        var sets = Replay(model.Requests);
        foreach (var set in sets)
        {
            Assert.Single(set.Select(model.RootOf).Distinct());
        }
        Assert.Equal(sets.Count, sets.Select(set => model.RootOf(set.First())).Distinct().Count());
    }, iter: 2_000);

    [Fact]
    public void Model_AnySchedule_EachEventLeadsToTheRootOfItsBestIdentifier() => Gen.Select(Events, Schedules).Sample((events, schedule) =>
    {
        var model = Play(events, schedule);
        Assert.Equal(
            events.Select(validated => validated.envelope.messageId),
            model.Identified.OfType<IdentifiedEvent>().Select(e => e.validated.envelope.messageId).Order());
        // The profiles service forwards an event of a profile that its identifier has left or that was merged into another. This follows the same path.
        var aliases = model.Identified.OfType<ProfileMerged>().ToDictionary(merged => merged.loserId, merged => (merged.sequence, Next: merged.winnerId));
        var splits = model.Identified.OfType<ProfileSplit>().ToList();
        foreach (var identified in model.Identified.OfType<IdentifiedEvent>())
        {
            var (profile, best, since) = (identified.profileId, identified.identifiers[0], 0L);
            while (Next(profile, best, since) is { } next) (since, profile) = next;
            Assert.Equal(model.RootOf(best), profile);
        }

        // The next step of an identifier, in the order of the decisions.
        (long, string)? Next(string profile, Identifier best, long since)
        {
            var left = splits
                .Where(split => split.profileId == profile && split.sequence > since && split.identifiers.Contains(best, IdentifierComparer.Instance))
                .Select(split => (split.sequence, split.into[0]));
            var isMerged = aliases.TryGetValue(profile, out var alias) && alias.sequence > since;
            var merged = isMerged ? [(alias.sequence, alias.Next)] : Array.Empty<(long, string)>();
            return left.Concat(merged).OrderBy(step => step.Item1).Cast<(long, string)?>().FirstOrDefault();
        }
    }, iter: 2_000);

    private static Model Play(ValidatedEvent[] events, int[] schedule)
    {
        var model = new Model(Given.Unlimited, events, isCluster: schedule.Length % 2 == 1);
        foreach (var choice in schedule)
        {
            if (choice >= 0) model.Step(choice);
            else model.Unlink([.. new[] { -choice % 7, -choice / 7 % 7 }.Distinct().Select(Numbered)]);
        }
        model.Drain();
        return model;
    }

    /// <summary>The profiles as sets of identifiers: a link joins sets, a split takes identifiers out of one set that has more.</summary>
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
                case UnlinkRequest unlink when sets.Where(set => set.Overlaps(unlink.identifiers)).ToList() is [var whole]
                    && whole.IsProperSupersetOf(unlink.identifiers):
                    whole.ExceptWith(unlink.identifiers);
                    sets.Add(new(unlink.identifiers, IdentifierComparer.Instance));
                    break;
            }
        }
        return sets;
    }

    private static ValidatedEvent Event(int i, int device, int user) => Given.Validated(Given.Event(
        i.ToString("000", null), userId: user < 3 ? $"u{user}" : null, anonymousId: device < 4 ? $"d{device}" : null));

    private static Identifier Numbered(int number) => number < 3 ? Given.User($"u{number}") : Given.Anonymous($"d{number - 3}");
}
