using cdp;
using Cdp.Profiles.State;
using CsCheck;

namespace Cdp.Profiles.Tests.Splitting;

/// <summary>
/// Profiles are merged, split and merged again while events are in transit, some of them sent by a resolver that does not know the latest decision. In the end,
/// each living profile must equal the fold of its events, where an event belongs to the profile that has its best identifier.
/// </summary>
public sealed class SplittingProperties
{
    private static readonly Gen<(int Seed, int Steps)> Story = Gen.Select(Gen.Int, Gen.Int[5, 40]);

    // Only the bounds on content, because the identifiers determine which events a split recomputes.
    private static readonly Folding Tiny = new(
        Some.Ids, new Bounds { Traits = 1, TraitSizes = [new(3, 1)], Events = 1, Recent = 2, Links = 1 }, Some.NoBlocked);

    // The bounds allow so few related profiles that a profile may not know which split-off profiles were merged back.
    private static readonly Folding Forgetful = new(Some.Ids, Tiny.Bounds with { Related = 2, Identifiers = 2 }, Some.NoBlocked);

    /// <summary>Profiles with an unfinished split are not merged. Everything else may happen at any time.</summary>
    [Fact]
    public void Decide_SplitsInAnyInterleaving_ProfilesEqualFoldOfTheirEvents() =>
        Story.Sample(story => Check(new World(new Random(story.Seed), isCalm: true), story.Steps, Content), iter: 1_000);

    /// <summary>
    /// If a profile is merged into another before that profile's split has begun, its events may be kept as they were instead of being recomputed. Each event
    /// is still counted in the profile of its owner, but a trait that a split-off event had overwritten does not come back, and first and last times are
    /// estimates.
    /// </summary>
    [Fact]
    public void Decide_SplitsAndMergesInAnyInterleaving_CountsEachEventAtItsOwner() =>
        Story.Sample(story => Check(new World(new Random(story.Seed)), story.Steps, EventsOnly), iter: 1_000);

    /// <summary>
    /// The bounds allow only one event name, one trait and so on. What is cut does not depend on the path of the events, and a split restores it.
    /// </summary>
    [Fact]
    public void Decide_SplitsWithinTinyBounds_ProfilesEqualFoldOfTheirEvents() =>
        Story.Sample(story => Check(new World(new Random(story.Seed), isCalm: true, folding: Tiny), story.Steps, Content, Tiny), iter: 300);

    [Fact]
    public void Decide_SplitsAndMergesWithinTinyBounds_CountsEachEventAtItsOwner() =>
        Story.Sample(story => Check(new World(new Random(story.Seed), folding: Tiny), story.Steps, Totals, Tiny), iter: 300);

    [Fact]
    public void Decide_LogWithRetentionWithinTinyBounds_LosesAndDuplicatesNothing() => Story.Sample(story =>
    {
        var world = new World(new Random(story.Seed), hasRetention: true, folding: Forgetful);
        world.Run(story.Steps);
        Assert.Equal(world.Events.Count, world.Roots.Sum(root => world.Log.Stored(root).total));
        Assert.All(world.Roots.Select(world.Log.Stored), profile => Assert.Equal(profile.total, Counted(profile)));
    }, iter: 300);

    [Fact]
    public void Decide_LogWithRetention_LosesAndDuplicatesNothing() => Story.Sample(story =>
    {
        var world = new World(new Random(story.Seed), hasRetention: true);
        world.Run(story.Steps);

        Assert.Equal(world.Events.Count, world.Roots.Sum(root => world.Log.Stored(root).total));
        foreach (var name in new[] { "A", "B" })
        {
            var sent = world.Events.Count(e => e.Event.validated.envelope.@event == name);
            Assert.Equal(sent, world.Roots.Sum(root => Count(world.Log.Stored(root), name)));
        }
        // A trait is in the profile that owns the event that set it, or in the profile that had it before the split.
        var set = world.Roots.SelectMany(root => world.Log.Stored(root).traits).ToLookup(trait => trait.Key, trait => trait.Value.messageId);
        foreach (var last in world.LastWrites()) Assert.Single(set[last.Key], last.Value);
    }, iter: 1_000);

    private static void Check(World world, int steps, Func<Profile, string> comparable, Folding? folding = null)
    {
        world.Run(steps);
        Assert.Empty(world.Log.Leftovers);
        foreach (var root in world.Roots)
        {
            var (expected, actual) = (Some.Folded(world.EventsOf(root), folding, root), world.Log.Stored(root));
            Assert.Empty(actual.pending);
            Assert.Equal(comparable(expected), comparable(actual));
            Assert.Equal(world.IdentifiersOf(root).Select(Text).Order(StringComparer.Ordinal), actual.identifiers.Select(Text));
        }
        Assert.All(world.Merged, id => Assert.True(world.Log.Stored(id) is { total: 0, pending.Count: 0 }));
    }

    private static long Count(Profile profile, string name) => profile.counts.TryGetValue(name, out var count) ? count.count : 0;

    private static long Counted(Profile profile) => profile.counts.Values.Sum(count => count.count) + (profile.otherEvents?.count ?? 0);

    private static string Totals(Profile profile) => $"{profile.total} {Counted(profile)}";

    private static string Text(Identifier identifier) => $"{identifier.type}:{identifier.value}";

    private static string Content(Profile profile)
    {
        var copy = Some.Codec.Decode(Some.Codec.Encode(profile));
        (copy.absorbed, copy.identifiers, copy.routes) = ([], [], []);
        copy.cut = [.. copy.cut.Where(Cuts.IsContent)];
        return Some.Text(copy);
    }

    private static string EventsOnly(Profile profile)
    {
        var copy = Some.Codec.Decode(Some.Codec.Encode(profile));
        foreach (var (name, count) in copy.counts.ToList())
        {
            copy.counts[name] = new EventCount { count = count.count, first = Some.Noon, last = Some.Noon };
        }
        (copy.firstSeen, copy.lastSeen, copy.since, copy.reflects) = (null, null, [], []);
        copy.traits.Clear();
        return Content(copy);
    }
}
