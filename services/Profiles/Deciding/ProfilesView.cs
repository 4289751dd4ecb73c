using cdp;
using Cdp.Profiles.Splitting;
using Cdp.Profiles.State;

namespace Cdp.Profiles.Deciding;

/// <summary>A profile during a batch: the stored state, then the state after each record of the batch.</summary>
public sealed class TrackedProfile(Profile state, int partition, IReadOnlyList<string> cut)
{
    // Splits are replaced, never changed, so comparing references finds those that the batch changed.
    private readonly IReadOnlyDictionary<long, PendingSplit> _storedSplits = state.pending.ToDictionary(split => split.sequence);

    public Profile State { get; private set; } = state;

    /// <summary>The partition that owns the profile. It has the same number in every topic keyed by profile.</summary>
    public int Partition { get; } = partition;

    public bool IsChanged { get; private set; }

    /// <summary>The parts that became incomplete in this batch.</summary>
    public IEnumerable<string> NewlyCut => Cuts.Of(State).Except(cut);

    /// <summary>The trace of the last record that changed the profile.</summary>
    public string? TraceParent { get; private set; }

    /// <summary>The pending splits that the batch added or replaced.</summary>
    public IEnumerable<PendingSplit> ChangedSplits => State.pending.Where(split => _storedSplits.GetValueOrDefault(split.sequence) != split);

    /// <summary>The sequences of pending splits that the batch finished, or that moved to another profile.</summary>
    public IEnumerable<long> RemovedSplits => _storedSplits.Keys.Except(State.pending.Select(split => split.sequence));

    /// <summary>Marks the profile as changed, either in place or by replacing its state.</summary>
    public void Change(string? traceParent, Profile? replacement = null)
    {
        State = replacement ?? State;
        IsChanged = true;
        TraceParent = traceParent;
    }
}

/// <summary>The profiles that the records of a batch are for.</summary>
public sealed class ProfilesView(SplittingView splitting)
{
    private readonly Dictionary<string, TrackedProfile> _profiles = [];

    public IEnumerable<TrackedProfile> Changed => _profiles.Values.Where(profile => profile.IsChanged);

    /// <summary>The inputs and reports of the batch's split steps.</summary>
    public SplittingView Splitting { get; } = splitting;

    /// <exception cref="KeyNotFoundException">The profile was not read for this batch.</exception>
    public TrackedProfile this[string profileId] => _profiles[profileId];

    /// <param name="partition">The partition that owns the profile.</param>
    /// <param name="state">The stored state, within the bounds.</param>
    /// <param name="cut">The parts that were already incomplete when it was stored.</param>
    public void Add(int partition, Profile state, IReadOnlyList<string> cut) => _profiles.Add(state.profileId, new TrackedProfile(state, partition, cut));

    public void Add(int partition, Profile state) => Add(partition, state, Cuts.Of(state));
}
