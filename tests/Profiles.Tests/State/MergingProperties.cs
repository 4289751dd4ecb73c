using Avro.Specific;
using cdp;
using Cdp.Contracts;
using Cdp.Profiles.Deciding;
using Cdp.Profiles.State;
using Cdp.Streaming;
using CsCheck;

namespace Cdp.Profiles.Tests.State;

/// <summary>
/// Profiles merge into each other while their events are under way. The partitions go forward in any order, in batches of any size, as far as the log allows:
/// each key's records in each topic in their order, and nothing else. In the end the one profile that lives must hold each event exactly once, and each
/// account each of its calls.
/// </summary>
public sealed class MergingProperties
{
    private static readonly Gen<(IdentifiedEvent Event, RecordPosition Position, int MergesBefore)[]> Story =
        from events in Some.AnyEvents
        from merges in Gen.Int[0, 4].Array[events.Length]
        select events.Zip(merges, (e, m) => (e.Event, e.Position, m)).ToArray();

    [Fact]
    public void Decide_MergesInAnyInterleaving_SurvivorEqualsFoldOfAllEvents() =>
        Gen.Select(Story, Gen.Int).Sample((story, seed) =>
        {
            var random = new Random(seed);
            var simulation = new Simulation(random);
            List<string> roots = ["a", "b", "c", "d", "e"];
            string[] all = [.. roots];
            var sequence = 0;
            foreach (var (e, position, merges) in story)
            {
                for (var i = 0; i < merges && roots.Count > 1; i++) Merge();
                // A stale resolver may still name a profile that has ended.
                simulation.Append(new IdentifiedEvent { profileId = all[random.Next(all.Length)], validated = e.validated, identifiers = e.identifiers, origin = e.origin }, position);
            }
            while (roots.Count > 1) Merge();
            simulation.RunToTheEnd();

            var expected = Folding.Empty(roots[0]);
            foreach (var (e, position, _) in story) Folding.Fold(expected, e, position, Some.Ids);
            var actual = simulation.Stored(roots[0]);
            actual.absorbed.Clear();
            Assert.Equal(Some.Text(expected), Some.Text(actual));
            Assert.All(all.Except(roots), loser => Assert.True(simulation.Stored(loser) is { mergedInto: not null, reflects.Count: 0 }));
            foreach (var account in story.Where(told => told.Event.validated.envelope.type == "group").GroupBy(told => told.Event.validated.envelope.groupId))
            {
                var expectedAccount = Folding.Empty(Some.AccountId(account.Key));
                foreach (var (e, position, _) in account) Folding.FoldAccount(expectedAccount, Some.AccountEvent(e, position));
                Assert.Equal(Some.Text(expectedAccount), Some.Text(simulation.Stored(expectedAccount.profileId)));
            }

            void Merge()
            {
                var loser = roots[random.Next(roots.Count)];
                roots.Remove(loser);
                simulation.Append(Some.Merged(loser, roots[random.Next(roots.Count)], ++sequence), Some.Identified(0, 0));
            }
        }, iter: 2_000);

    private sealed class Simulation(Random random)
    {
        private readonly Dictionary<(Topic, string), Queue<Incoming>> _log = [];
        private readonly Dictionary<string, Profile> _stored = [];

        public Profile Stored(string profileId) => _stored.GetValueOrDefault(profileId) ?? Folding.Empty(profileId);

        /// <summary>Appends to the log; the partitions may go on a little before the next record comes.</summary>
        public void Append(ISpecificRecord value, RecordPosition position)
        {
            Enqueue(value, position);
            while (random.Next(3) == 0) Step();
        }

        public void RunToTheEnd()
        {
            while (Step()) { }
        }

        private void Enqueue(ISpecificRecord value, RecordPosition position)
        {
            var record = Some.Incoming(value) with { Position = position };
            var key = (record.Topic, Decision.ProfileId(record));
            if (!_log.TryGetValue(key, out var queue)) _log[key] = queue = new Queue<Incoming>();
            queue.Enqueue(record);
        }

        private bool Step()
        {
            var batch = new List<Incoming>();
            for (var size = random.Next(1, 4); batch.Count < size;)
            {
                Queue<Incoming>[] waiting = [.. _log.Values.Where(queue => queue.Count > 0)];
                if (waiting.Length == 0) break;
                batch.Add(waiting[random.Next(waiting.Length)].Dequeue());
            }
            if (batch.Count == 0) return false;

            var (view, outbox) = (new ProfilesView(), new Outbox());
            foreach (var profileId in batch.Select(Decision.ProfileId).Distinct()) view.Add(0, Stored(profileId));
            foreach (var record in batch) Decision.Decide(view, record, Some.Ids, outbox);
            Decision.Conclude(view, outbox);
            foreach (var record in outbox.Records)
            {
                if (record.Value is Profile profile) _stored[profile.profileId] = profile;
                else Enqueue(record.Value, Some.At("cdp.profiles.transfers", 0, 0));
            }
            return true;
        }
    }
}
