using cdp;

namespace Cdp.Profiles.Splitting;

/// <summary>The inputs of a batch's split steps, and the reports they produce.</summary>
/// <param name="codec">Encodes and decodes the states that pending splits hold.</param>
public sealed class SplittingView(StateCodec codec)
{
    public StateCodec Codec { get; } = codec;

    /// <summary>The end offsets of events.identified, sorted. Read after the batch was polled, and only if it contains a <see cref="SplitDue"/>.</summary>
    public IList<RecordPosition> Ends { get; set; } = [];

    /// <summary>The completed recomputations, by the sequence of the split.</summary>
    public IReadOnlyDictionary<long, Recomputation> Recomputed { get; set; } = new Dictionary<long, Recomputation>();

    /// <summary>One report for each split that the batch finished.</summary>
    public List<SplitReport> Reports { get; } = [];
}
