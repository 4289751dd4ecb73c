using System.Text;

namespace Cdp.Chaos.Oracle;

/// <summary>One write of a trait. Ordered by time, then messageId, then name.</summary>
public sealed record TraitWrite(string Name, string Json, DateTime At, string MessageId) : IComparable<TraitWrite>
{
    public int Bytes { get; } = Encoding.UTF8.GetByteCount(Json);

    public int CompareTo(TraitWrite? other)
    {
        var order = At.CompareTo(other!.At);
        if (order == 0) order = string.CompareOrdinal(MessageId, other.MessageId);
        return order == 0 ? string.CompareOrdinal(Name, other.Name) : order;
    }
}

/// <summary>
/// Which traits a profile keeps by the documented bounds: the newest names, and for each size class of large values those names that got such a value most
/// recently. Values that are not kept are listed as cut. Defined on the whole set of writes, so that the order of processing cannot matter.
/// </summary>
public static class KeptTraits
{
    private const int MaxNames = 350;

    /// <summary>The maximum number of values above each size in bytes.</summary>
    private static readonly (int Above, int Count)[] Sizes = [(256, 64), (1_024, 16), (8 * 1_024, 2), (32 * 1_024, 0)];

    /// <param name="writes">All writes of a profile.</param>
    /// <returns>The last write of each kept name, the last write of each name whose value is cut, and whether names are missing.</returns>
    public static (IReadOnlyList<TraitWrite> Kept, IReadOnlyList<TraitWrite> Cut, bool AreNamesMissing) Of(IEnumerable<TraitWrite> writes)
    {
        var (isLong, all) = (false, new List<TraitWrite>());
        foreach (var write in writes)
        {
            if (ShortText.IsLongName(write.Name)) isLong = true;
            else all.Add(write);
        }
        var last = LastOfEachName(all).ToList();
        var large = Sizes.Select(size => (size.Above, Newest: Newest(all.Where(write => write.Bytes > size.Above), size.Count))).ToList();
        var named = last.OrderDescending().Take(MaxNames).ToLookup(write => large.All(size => write.Bytes <= size.Above || size.Newest.Contains(write)));
        return ([.. named[true]], [.. named[false]], isLong || last.Count > MaxNames);
    }

    private static HashSet<TraitWrite> Newest(IEnumerable<TraitWrite> writes, int count) => LastOfEachName(writes).OrderDescending().Take(count).ToHashSet();

    private static IEnumerable<TraitWrite> LastOfEachName(IEnumerable<TraitWrite> writes) => writes.GroupBy(write => write.Name).Select(name => name.Max()!);
}
