namespace Cdp.DeliveryEngine.Rounds;

/// <summary>The items of one lane in a round, in order. A lane is a profile, or a single event for a destination that needs no order.</summary>
/// <param name="name">The lane.</param>
/// <param name="partition">The state of the partition that the lane belongs to.</param>
/// <param name="items">The items.</param>
internal sealed class LaneWork(string name, PartitionState partition, IReadOnlyList<WorkItem> items)
{
    private int _next;

    public string Name { get; } = name;

    public PartitionState Partition { get; } = partition;

    public IReadOnlyList<WorkItem> Items { get; } = items;

    /// <summary>The item that is to be sent next; null if the lane has nothing left to send in this round.</summary>
    public WorkItem? Next => _next < Items.Count ? Items[_next] : null;

    /// <summary>
    /// Moves on to the next item that must be sent. Items whose outcome is known are passed. Behind one that waits, all others wait too: new ones are parked,
    /// those from the retry topic stay there.
    /// </summary>
    public void Advance(DateTime now)
    {
        for (; _next < Items.Count && Items[_next].Outcome is { } outcome; _next++)
        {
            if (outcome is not Outcome.Parked) continue;
            foreach (var item in Items.Skip(_next + 1).Where(item => item is { Parked: null, Outcome: null }))
                item.Outcome = new Outcome.Parked(null, null, item.Attempts, now);
            _next = Items.Count;
            return;
        }
    }
}
