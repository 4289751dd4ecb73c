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

    [Fact]
    public void Decide_SplitsInAnyInterleaving_ProfilesEqualFoldOfTheirEvents() => Story.Sample(story =>
    {
        var world = new World(new Random(story.Seed));
        world.Live(story.Steps);

        foreach (var root in world.Roots)
        {
            var (expected, actual) = (Folding.Empty(root), world.Log.Stored(root));
            foreach (var (e, position) in world.EventsOf(root)) Folding.Fold(expected, e, position, Some.Ids);
            Assert.Empty(actual.pending);
            // An identifier of a profile that left and came back is known again by the events of which it is the best.
            Assert.Subset(expected.identifiers.Select(Text).ToHashSet(), actual.identifiers.Select(Text).ToHashSet());
            Assert.Subset(actual.identifiers.Select(Text).ToHashSet(), world.EventsOf(root).Select(e => Text(e.Event.identifiers[0])).ToHashSet());
            Assert.Equal(Comparable(expected), Comparable(actual));
        }
        Assert.All(world.Gone, id => Assert.True(world.Log.Stored(id) is { total: 0, pending.Count: 0 }));
    }, iter: 1_000);

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

    private static string Comparable(Profile profile)
    {
        var copy = Some.Codec.Decode(Some.Codec.Encode(profile));
        (copy.absorbed, copy.identifiers, copy.routes) = ([], [], []);
        return Some.Text(copy);
    }
}
