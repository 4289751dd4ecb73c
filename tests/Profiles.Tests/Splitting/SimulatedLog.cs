using Avro.Specific;
using cdp;
using Cdp.Contracts;
using Cdp.Profiles.Deciding;
using Cdp.Profiles.Splitting;
using Cdp.Profiles.State;
using Cdp.Streaming.Records;

namespace Cdp.Profiles.Tests.Splitting;

/// <summary>
/// Simulates the two inputs and their owners. The records of a key in a topic are processed in order; everything else happens in random order and in batches of
/// random size. Split jobs run as in the service, and now and then lose their memory. A log with retention deletes from its beginning while it is read.
/// </summary>
internal sealed class SimulatedLog(Random random, bool hasRetention, Folding folding)
{
    private const int Partitions = 3;

    private static readonly RecordPosition Internal = Some.At("cdp.profiles.transfers", 0, 0);

    private readonly Dictionary<(Topic, string), Queue<(long Number, Incoming Record)>> _waiting = [];
    private readonly Dictionary<string, Profile> _stored = [];
    private readonly List<(IdentifiedEvent Event, RecordPosition Position)>[] _events = [[], [], []];
    private readonly long[] _ends = new long[Partitions];
    private readonly long[] _starts = new long[Partitions];
    private readonly Dictionary<string, (long Sequence, bool Begun, int Rounds, long Number)> _jobs = [];
    private readonly Dictionary<long, Recomputation> _recomputed = [];
    private readonly HashSet<long> _finished = [];
    private long _appended;

    public Profile Stored(string profileId)
    {
        if (Read(profileId) is not { } profile) return Folding.Empty(profileId);
        Assert.True(HeldParts.Attach(profile, Read, Some.Codec), $"a part of {profileId} is missing");
        return profile;
    }

    /// <summary>Parts of pending splits that are still stored. At the end there must be none.</summary>
    public IEnumerable<Profile> Leftovers => _stored.Values.Where(PartRecord.IsPart);

    /// <summary>Whether the profile that a split created, or the one it was merged into, has received its state.</summary>
    public bool IsFinished(long sequence) => _finished.Contains(sequence);

    /// <summary>Appends a record to events.identified. The owners may process some records before the next one is appended.</summary>
    public RecordPosition Append(string key, ISpecificRecord value)
    {
        var partition = Contracts.Partitioner.Partition(key, Partitions);
        var position = Some.Identified(partition, _ends[partition]++);
        if (value is IdentifiedEvent identified) _events[partition].Add((identified, position));
        Append(value, position);
        return position;
    }

    /// <summary>Appends a record at a given position. Splits do not read it from the log again.</summary>
    public void Append(ISpecificRecord value, RecordPosition position)
    {
        Enqueue(value, position);
        while (random.Next(3) == 0) Step();
    }

    public void RunToTheEnd()
    {
        for (var steps = 0; Step() || _stored.Values.Any(PartRecord.NamesPendingSplit); steps++)
        {
            if (steps > 100_000) throw new InvalidOperationException("records are forwarded in a circle, or a split does not finish");
        }
    }

    private Profile? Read(string key) => _stored.TryGetValue(key, out var stored) ? Some.Codec.Decode(Some.Codec.Encode(stored)) : null;

    private bool Step()
    {
        if (hasRetention && random.Next(20) == 0)
        {
            var partition = random.Next(Partitions);
            _starts[partition] = random.NextInt64(_starts[partition], _ends[partition] + 1);
        }
        string[] withSplits = [.. _stored.Where(profile => PartRecord.NamesPendingSplit(profile.Value)).Select(profile => profile.Key)];
        foreach (var profileId in withSplits) RunJob(profileId);
        return ProcessBatch();
    }

    private bool ProcessBatch()
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
        foreach (var record in batch) Decision.Decide(view, record, folding, outbox);
        Decision.WriteChanged(view, outbox);
        var states = batch.Select(record => record.Value).OfType<ProfileRecomputed>().Where(recomputed => recomputed.cuts.Count > 0);
        _finished.UnionWith(states.Where(recomputed => Stored(recomputed.profileId).mergedInto is null).Select(recomputed => recomputed.sequence));
        foreach (var record in outbox.Records)
        {
            if (record.Value is not Profile profile) Enqueue(record.Value, Internal);
            else if (PartRecord.IsDeleted(profile)) _stored.Remove(profile.profileId);
            else _stored[profile.profileId] = profile;
        }
        return true;
    }

    // Performs the steps of a profile's job, one at a time, instead of waiting.
    private void RunJob(string profileId)
    {
        var profile = Stored(profileId);
        if (Splits.Next(profile) is not { } split) return;
        var job = _jobs.GetValueOrDefault(profileId);
        if (job.Sequence != split.sequence || job.Begun != PendingSplits.HasBegun(split) || random.Next(50) == 0)
        {
            _jobs[profileId] = (split.sequence, PendingSplits.HasBegun(split), Splits.MaxHops(profile, split), _appended);
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
            var recomputed = new Recomputation(profileId, split, Some.Codec.Decode(split.before), folding);
            var retained = _events.SelectMany((events, partition) => events.Where(e => e.Position.offset >= _starts[partition]));
            foreach (var (e, position) in retained) recomputed.Add(e, position);
            _recomputed[split.sequence] = recomputed;
        }
        Enqueue(new SplitDue { profileId = profileId, sequence = split.sequence }, Internal);
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
