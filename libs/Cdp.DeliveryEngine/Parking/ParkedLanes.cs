using System.Diagnostics.CodeAnalysis;

namespace Cdp.DeliveryEngine.Parking;

/// <summary>
/// The events of one partition that wait in the retry topic, by lane. The items of a lane are delivered in order, so only its first one can be due. A lane is
/// a profile, or a single event for a destination that needs no order. Holds about a hundred bytes for each lane and forty for each item. Not thread-safe.
/// </summary>
public sealed class ParkedLanes
{
    private static readonly Comparer<(DateTime DueAt, string Lane)> ByDueTime = Comparer<(DateTime DueAt, string Lane)>.Create(static (a, b) =>
        a.DueAt.CompareTo(b.DueAt) is var order and not 0 ? order : string.CompareOrdinal(a.Lane, b.Lane));

    private readonly Dictionary<string, LinkedList<ParkedItem>> _lanes = new(StringComparer.Ordinal);
    // The first item of every lane.
    private readonly SortedSet<(DateTime DueAt, string Lane)> _heads = new(ByDueTime);

    /// <summary>The number of items.</summary>
    public int Count { get; private set; }

    /// <summary>The number of lanes.</summary>
    public int LaneCount => _lanes.Count;

    /// <summary>The sequence number of the next item to be parked: higher than that of every item that waits.</summary>
    public long NextSequence { get; private set; }

    /// <summary>When the next item is due; null if none waits.</summary>
    public DateTime? NextDueAt => _heads.Count == 0 ? null : _heads.Min.DueAt;

    /// <summary>When the item that has waited longest was parked; null if none waits.</summary>
    public DateTime? OldestParkedAt => _lanes.Count == 0 ? null : _lanes.Values.Min(lane => lane.First!.Value.ParkedAt);

    /// <summary>Whether items of a lane wait.</summary>
    public bool Contains(string lane) => _lanes.ContainsKey(lane);

    /// <summary>The lanes whose first item is due, in the order of their due times.</summary>
    public IEnumerable<string> DueLanes(DateTime now) => _heads.TakeWhile(head => head.DueAt <= now).Select(head => head.Lane);

    /// <summary>The first items of a lane.</summary>
    public IReadOnlyList<ParkedItem> Head(string lane, int most) => [.. _lanes[lane].Take(most)];

    /// <summary>Adds an item behind the others of its lane.</summary>
    public void Add(string lane, ParkedItem item)
    {
        if (!_lanes.TryGetValue(lane, out var items))
        {
            _lanes[lane] = items = [];
            _heads.Add((item.DueAt, lane));
        }
        items.AddLast(item);
        Count++;
        NextSequence = Math.Max(NextSequence, item.Sequence + 1);
    }

    /// <summary>Removes an item, whose delivery has ended. The next one of its lane becomes due when it says.</summary>
    public void Remove(string lane, long sequence)
    {
        if (!TryFind(lane, sequence, out var node)) return;
        var items = node.List!;
        if (node.Previous is null) _heads.Remove((node.Value.DueAt, lane));
        items.Remove(node);
        Count--;
        if (items.Count == 0) _lanes.Remove(lane);
        else _heads.Add((items.First!.Value.DueAt, lane));
        if (_lanes.Count == 0) NextSequence = 0;
    }

    /// <summary>Replaces an item by one with the same sequence number, after another attempt.</summary>
    public void Replace(string lane, ParkedItem item)
    {
        if (!TryFind(lane, item.Sequence, out var node)) return;
        if (node.Previous is null)
        {
            _heads.Remove((node.Value.DueAt, lane));
            _heads.Add((item.DueAt, lane));
        }
        node.Value = item;
    }

    // Nearly always the first item.
    private bool TryFind(string lane, long sequence, [NotNullWhen(true)] out LinkedListNode<ParkedItem>? node)
    {
        node = _lanes.TryGetValue(lane, out var items) ? items.First : null;
        while (node is not null && node.Value.Sequence != sequence) node = node.Next;
        return node is not null;
    }
}
