using cdp;
using Cdp.Profiles.State;
using Cdp.Profiles.Tests.Splitting;
using Cdp.Profiles.Tests.State;
using CsCheck;

namespace Cdp.Profiles.Tests.Deciding;

/// <summary>
/// Profiles are merged into each other while their events are in transit. The owners of the partitions process records in any order that keeps the records of
/// each key in each topic in order, in batches of any size. In the end, the surviving profile must contain each event exactly once, and each account each of
/// its calls.
/// </summary>
public sealed class MergingProperties
{
    private static readonly Gen<(IdentifiedEvent Event, RecordPosition Position, int MergesBefore)[]> Story =
        from events in Some.AnyEvents
        from merges in Gen.Int[0, 4].Array[events.Length]
        select events.Zip(merges, (e, m) => (e.Event, e.Position, m)).ToArray();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Decide_MergesInAnyInterleaving_SurvivorEqualsFoldOfAllEvents(bool isTiny) =>
        Gen.Select(Story, Gen.Int).Sample((story, seed) =>
        {
            var folding = isTiny ? new Folding(Some.Ids, BoundsProperties.Tiny, Some.NoBlocked) : Some.Folding;
            var random = new Random(seed);
            var log = new SimulatedLog(random, hasRetention: false, folding);
            List<string> roots = ["a", "b", "c", "d", "e"];
            string[] all = [.. roots];
            var sequence = 0;
            foreach (var (e, position, merges) in story)
            {
                for (var i = 0; i < merges && roots.Count > 1; i++) Merge();
                // A stale resolver may still send events to a profile that was merged.
                var profileId = all[random.Next(all.Length)];
                log.Append(
                    new IdentifiedEvent { profileId = profileId, validated = e.validated, identifiers = e.identifiers, origin = e.origin }, position);
            }
            while (roots.Count > 1) Merge();
            log.RunToTheEnd();

            var expected = Some.Folded(story.Select(sent => (sent.Event, sent.Position)), folding, roots[0]);
            var actual = log.Stored(roots[0]);
            actual.absorbed.Clear();
            actual.cut = [.. actual.cut.Where(Cuts.IsContent)];
            Assert.Equal(Some.Text(expected), Some.Text(actual));
            Assert.All(all.Except(roots), loser => Assert.True(log.Stored(loser) is { mergedInto: not null, reflects.Count: 0 }));
            var calls = story.Where(sent => sent.Event.validated.envelope.type == "group");
            foreach (var account in calls.GroupBy(sent => Some.AccountId(sent.Event.validated.envelope.groupId)))
            {
                var expectedAccount = Some.FoldedAccount(account.Select(sent => (sent.Event, sent.Position)), folding, account.Key);
                Assert.Equal(Some.Text(expectedAccount), Some.Text(log.Stored(account.Key)));
            }

            void Merge()
            {
                var loser = roots[random.Next(roots.Count)];
                roots.Remove(loser);
                log.Append(Some.Merged(loser, roots[random.Next(roots.Count)], ++sequence), Some.Identified(0, 0));
            }
        }, iter: 2_000);
}
