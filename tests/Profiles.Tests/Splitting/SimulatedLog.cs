using Avro.Specific;
using cdp;
using Cdp.Contracts;
using Cdp.Profiles.Deciding;
using Cdp.Profiles.Splitting;
using Cdp.Profiles.State;
using Cdp.Streaming;

namespace Cdp.Profiles.Tests.Splitting;

/// <summary>
/// The two inputs and their owners. Each key's records in each topic are taken in their order, and nothing else is ordered. The jobs of the splits run as they
/// do in the service, and lose their memory now and then. A log that forgets deletes from its beginning while they read.
/// </summary>
internal sealed class SimulatedLog(Random random, bool forgets)
{
    private const int Partitions = 3;

    private readonly Dictionary<(Topic, string), Queue<(long Number, Incoming Record)>> _waiting = [];
    private readonly Dictionary<string, Profile> _stored = [];
    private readonly List<(IdentifiedEvent Event, RecordPosition Position)>[] _events = [[], [], []];
    private readonly long[] _ends = new long[Partitions];
    private readonly long[] _begins = new long[Partitions];
    private readonly Dictionary<string, (long Sequence, bool Begun, int Rounds, long Number)> _jobs = [];
    private readonly Dictionary<long, Recomputation> _recomputed = [];
    private readonly HashSet<long> _finished = [];
    private long _appended;

    public Profile Stored(string profileId) => _stored.TryGetValue(profileId, out var profile) ? Some.Codec.Decode(Some.Codec.Encode(profile)) : Folding.Empty(profileId);

    /// <summary>Whether the profile that came out of a split, or whatever it is part of, has its state.</summary>
    public bool IsFinished(long sequence) => _finished.Contains(sequence);

    /// <summary>Appends to events.identified; the owners may go on a little before the next record comes.</summary>
    public RecordPosition Append(string key, ISpecificRecord value)
    {
        var partition = Contracts.Partitioner.Partition(key, Partitions);
        var position = Some.Identified(partition, _ends[partition]++);
        if (value is IdentifiedEvent identified) _events[partition].Add((identified, position));
        Enqueue(value, position);
        while (random.Next(3) == 0) Step();
        return position;
    }

    public void RunToTheEnd()
    {
        for (var steps = 0; Step() || _stored.Values.Any(profile => profile.pending.Count > 0); steps++)
        {
            if (steps > 100_000) throw new InvalidOperationException("the records circle, or a split is never done");
        }
    }

    private bool Step()
    {
        if (forgets && random.Next(20) == 0)
        {
            var partition = random.Next(Partitions);
            _begins[partition] = random.NextInt64(_begins[partition], _ends[partition] + 1);
        }
        foreach (var profileId in _stored.Where(profile => profile.Value.pending.Count > 0).Select(profile => profile.Key).ToList()) Work(profileId);
        return Process();
    }

    private bool Process()
    {
        var batch = new List<Incoming>();
        for (var size = random.Next(1, 4); batch.Count < size;)
        {
            Queue<(long, Incoming Record)>[] waiting = [.. _waiting.Values.Where(queue => queue.Count > 0)];
            if (waiting.Length == 0) break;
            batch.Add(waiting[random.Next(waiting.Length)].Dequeue().Record);
        }
        if (batch.Count == 0) return false;

        var splitting = Some.Splitting();
        splitting.Ends = [.. _ends.Select((end, partition) => Some.Identified(partition, end))];
        splitting.Recomputed = _recomputed;
        var (view, outbox) = (new ProfilesView(splitting), new Outbox());
        foreach (var profileId in batch.Select(Decision.ProfileId).Distinct()) view.Add(0, Stored(profileId));
        foreach (var record in batch) Decision.Decide(view, record, Some.Ids, outbox);
        Decision.Conclude(view, outbox);
        _finished.UnionWith(batch.Select(record => record.Value).OfType<ProfileRecomputed>().Where(outcome => outcome.cuts.Count > 0 && Stored(outcome.profileId).mergedInto is null).Select(outcome => outcome.sequence));
        foreach (var record in outbox.Records)
        {
            if (record.Value is Profile profile) _stored[profile.profileId] = profile;
            else Enqueue(record.Value, Some.At("cdp.profiles.transfers", 0, 0));
        }
        return true;
    }

    // What the job of a profile does, with its waiting made steps.
    private void Work(string profileId)
    {
        var profile = Stored(profileId);
        if (Splits.Next(profile) is not { } split) return;
        var job = _jobs.GetValueOrDefault(profileId);
        if (job.Sequence != split.sequence || job.Begun != PendingSplits.HasBegun(split) || random.Next(50) == 0)
        {
            _jobs[profileId] = (split.sequence, PendingSplits.HasBegun(split), Splits.LongestWay(profile, split), _appended);
            return;
        }
        if (_waiting.Values.Any(queue => queue.Count > 0 && queue.Peek().Number < job.Number)) return;
        if (job.Rounds > 0)
        {
            _jobs[profileId] = job with { Rounds = job.Rounds - 1, Number = _appended };
            return;
        }
        if (PendingSplits.HasBegun(split))
        {
            var anew = new Recomputation(profileId, split, Some.Codec.Decode(split.before), Some.Ids);
            foreach (var (e, position) in _events.SelectMany((events, partition) => events.Where(e => e.Position.offset >= _begins[partition]))) anew.Add(e, position);
            _recomputed[split.sequence] = anew;
        }
        Enqueue(new SplitDue { profileId = profileId, sequence = split.sequence }, Some.At("cdp.profiles.transfers", 0, 0));
        _jobs.Remove(profileId);
    }

    private void Enqueue(ISpecificRecord value, RecordPosition position)
    {
        var record = Some.Incoming(value) with { Position = position };
        var key = (record.Topic, Decision.ProfileId(record));
        if (!_waiting.TryGetValue(key, out var queue)) _waiting[key] = queue = new();
        queue.Enqueue((_appended++, record));
    }
}
