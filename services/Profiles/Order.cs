using cdp;

namespace Cdp.Profiles;

/// <summary>The orders that make a profile's state independent of the order in which events arrive. Text is compared by code unit, in every culture the same.</summary>
public static class Order
{
    public static int Compare(Identifier a, Identifier b) =>
        string.CompareOrdinal(a.type, b.type) is var types and not 0 ? types : string.CompareOrdinal(a.value, b.value);

    public static int ComparePartition(RecordPosition a, RecordPosition b) =>
        string.CompareOrdinal(a.topic, b.topic) is var topics and not 0 ? topics : a.partition.CompareTo(b.partition);

    /// <summary>
    /// By (timestamp, messageId): the greater is the last write. Two records can have both in common only if a messageId passed deduplication twice;
    /// then their position decides, so that the outcome still does not depend on the order of arrival.
    /// </summary>
    public static int Compare(Trait a, Trait b) =>
        a.timestamp.CompareTo(b.timestamp) is var times and not 0 ? times
        : string.CompareOrdinal(a.messageId, b.messageId) is var messages and not 0 ? messages
        : ComparePartition(a.position, b.position) is var partitions and not 0 ? partitions
        : a.position.offset.CompareTo(b.position.offset);
}

/// <summary>Lists that are sorted sets.</summary>
public static class Sorted
{
    /// <summary>The index of an element that compares as equal, or the complement of where it would stand.</summary>
    public static int Find<T>(IList<T> list, T element, Comparison<T> compare)
    {
        var (low, high) = (0, list.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = compare(list[middle], element);
            if (order == 0) return middle;
            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }
        return ~low;
    }

    /// <summary>Answers false where it was there already.</summary>
    public static bool Add<T>(IList<T> list, T element, Comparison<T> compare)
    {
        var at = Find(list, element, compare);
        if (at < 0) list.Insert(~at, element);
        return at < 0;
    }
}
