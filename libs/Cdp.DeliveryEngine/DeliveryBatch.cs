using Cdp.DeliveryEngine.Parking;
using Cdp.DeliveryEngine.Rounds;
using Cdp.Streaming.Records;

namespace Cdp.DeliveryEngine;

/// <summary>The outcomes of a round, and what its commit changes in the state of the partitions.</summary>
public sealed class DeliveryBatch
{
    /// <summary>The items of each input record.</summary>
    internal Dictionary<(string Topic, int Partition, long Offset), List<(LaneWork Lane, WorkItem Item)>> Records { get; } = [];

    /// <summary>The input records that cannot be routed or written as JSON, with the reason.</summary>
    internal Dictionary<(string Topic, int Partition, long Offset), Exception> Faults { get; } = [];

    /// <summary>The lanes of the retry topic that were due, by partition number.</summary>
    internal List<(int Partition, LaneWork Lane)> Due { get; } = [];

    /// <summary>The records to be written to the retry topic, with the items that they park; null for a record that replaces an earlier one.</summary>
    internal List<(PartitionState State, string Lane, WorkItem Item, Outcome.Parked Outcome, ParkedItem Entry, Outgoing Record)> Parked { get; } = [];

    /// <summary>The items whose delivery has ended.</summary>
    internal List<(PartitionState State, string Lane, WorkItem Item)> Ended { get; } = [];

    /// <summary>Every record that is written, with the lane that it is written for.</summary>
    internal List<(LaneWork Lane, Outgoing Record)> Written { get; } = [];

    /// <summary>The sequence number of the next item that is parked, by partition.</summary>
    internal Dictionary<PartitionState, long> NextSequence { get; } = [];

    /// <summary>Forgets what was written, because it was not committed and is decided again.</summary>
    internal void Forget()
    {
        Parked.Clear();
        Ended.Clear();
        Written.Clear();
        NextSequence.Clear();
    }
}
