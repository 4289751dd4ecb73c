using cdp;
using Cdp.Profiles.State;
using CsCheck;

namespace Cdp.Profiles.Tests.Splitting;

/// <summary>
/// Profiles merge, are split, merge again, while events are under way, some of them sent by a resolver that does not know it yet. In the end each living profile
/// must be what its events fold to, each event being the profile's that its best identifier belongs to.
/// </summary>
public sealed class SplittingProperties
{
    private static readonly Gen<(int Seed, int Steps)> Story = Gen.Select(Gen.Int, Gen.Int[5, 40]);

    /// <summary>Nobody becomes part of a profile whose split is not done, nor it of another; all else is under way at any time.</summary>
    [Fact]
    public void Decide_SplitsInAnyInterleaving_ProfilesEqualFoldOfTheirEvents() => Story.Sample(story => Check(new World(new Random(story.Seed), calm: true), story.Steps, Whole), iter: 1_000);

    /// <summary>
    /// Whoever merges with a profile before its split has begun may bring events that are not folded anew but kept as they were: every event is still counted where it
    /// belongs, but a trait that a leaving event had overwritten does not come back, first and last times are the nearest that can be said, and
    /// identifiers are listed as the next events name them.
    /// </summary>
    [Fact]
    public void Decide_SplitsAndMergesInAnyInterleaving_EachEventWhereItBelongs() => Story.Sample(story => Check(new World(new Random(story.Seed)), story.Steps, EventsOnly), iter: 1_000);

    private static void Check(World world, int steps, Func<Profile, string> comparable)
    {
        world.Live(steps);
        foreach (var root in world.Roots)
        {
            var (expected, actual) = (Folding.Empty(root), world.Log.Stored(root));
            foreach (var (e, position) in world.EventsOf(root)) Folding.Fold(expected, e, position, Some.Ids);
            Assert.Empty(actual.pending);
            Assert.Equal(comparable(expected), comparable(actual));
            // An identifier of a profile that left and came back is known again by the events of which it is the best.
            if (!world.IsCalm) continue;
            Assert.Subset(expected.identifiers.Select(Text).ToHashSet(), actual.identifiers.Select(Text).ToHashSet());
            Assert.Subset(actual.identifiers.Select(Text).ToHashSet(), world.EventsOf(root).Select(e => Text(e.Event.identifiers[0])).ToHashSet());
        }
        Assert.All(world.Gone, id => Assert.True(world.Log.Stored(id) is { total: 0, pending.Count: 0 }));
    }

    [Fact]
    public void Decide_LogThatNoLongerReaches_NothingLostAndNothingDouble() => Story.Sample(story =>
    {
        var world = new World(new Random(story.Seed), forgets: true);
        world.Live(story.Steps);

        Assert.Equal(world.Events.Count, world.Roots.Sum(root => world.Log.Stored(root).total));
        foreach (var name in new[] { "A", "B" })
        {
            Assert.Equal(world.Events.Count(e => e.Event.validated.envelope.@event == name), world.Roots.Sum(root => Count(world.Log.Stored(root), name)));
        }
        // A trait is where the event is that set it, or where it was before.
        var set = world.Roots.SelectMany(root => world.Log.Stored(root).traits).ToLookup(trait => trait.Key, trait => trait.Value.messageId);
        foreach (var last in world.LastWrites()) Assert.Single(set[last.Key], last.Value);
    }, iter: 1_000);

    private static long Count(Profile profile, string name) => profile.counts.TryGetValue(name, out var count) ? count.count : 0;

    private static string Text(Identifier identifier) => $"{identifier.type}:{identifier.value}";

    private static string Whole(Profile profile)
    {
        var copy = Some.Codec.Decode(Some.Codec.Encode(profile));
        (copy.absorbed, copy.identifiers, copy.routes) = ([], [], []);
        return Some.Text(copy);
    }

    private static string EventsOnly(Profile profile)
    {
        var copy = Some.Codec.Decode(Some.Codec.Encode(profile));
        foreach (var (name, count) in copy.counts.ToList()) copy.counts[name] = new EventCount { count = count.count, first = Some.Noon, last = Some.Noon };
        (copy.firstSeen, copy.lastSeen, copy.since, copy.reflects) = (null, null, [], []);
        copy.traits.Clear();
        return Whole(copy);
    }
}
