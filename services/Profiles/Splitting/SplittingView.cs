using cdp;

namespace Cdp.Profiles.Splitting;

/// <summary>What a batch's decisions need to go on with splits, and what they say of them.</summary>
/// <param name="codec">For what pending splits hold.</param>
public sealed class SplittingView(StateCodec codec)
{
    public StateCodec Codec { get; } = codec;

    /// <summary>Where the partitions of events.identified end, sorted; read after the batch, where one of its records is a <see cref="SplitDue"/>.</summary>
    public IList<RecordPosition> Ends { get; set; } = [];

    /// <summary>By sequence: what has been folded anew.</summary>
    public IReadOnlyDictionary<long, Recomputation> Recomputed { get; set; } = new Dictionary<long, Recomputation>();

    /// <summary>One for each split that the batch finished.</summary>
    public List<SplitReport> Reports { get; } = [];
}
