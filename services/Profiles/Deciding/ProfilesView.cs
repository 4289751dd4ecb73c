using cdp;

namespace Cdp.Profiles.Deciding;

/// <summary>A profile that a batch touches: as it was stored, then as the batch's records leave it.</summary>
public sealed class Touched(Profile state, int partition)
{
    public Profile State { get; private set; } = state;

    /// <summary>The partition that owns it, the same number in every topic that is keyed by profile.</summary>
    public int Partition { get; } = partition;

    public bool IsChanged { get; private set; }

    /// <summary>The trace of the record that changed it last.</summary>
    public string? TraceParent { get; private set; }

    public void Changed(string? traceParent, Profile? replacement = null)
    {
        State = replacement ?? State;
        IsChanged = true;
        TraceParent = traceParent;
    }
}

/// <summary>The profiles that a batch touches.</summary>
public sealed class ProfilesView
{
    private readonly Dictionary<string, Touched> _profiles = [];

    public IEnumerable<Touched> Changed => _profiles.Values.Where(touched => touched.IsChanged);

    /// <summary>Splits that the batch asked for and did not get.</summary>
    public int SplitsIgnored { get; set; }

    /// <exception cref="KeyNotFoundException">The profile was not read for this batch.</exception>
    public Touched this[string profileId] => _profiles[profileId];

    public void Add(int partition, Profile state) => _profiles.Add(state.profileId, new Touched(state, partition));
}
