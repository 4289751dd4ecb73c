using cdp;

namespace Cdp.Profiles.State;

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
        Stamps(a.timestamp, a.messageId, b.timestamp, b.messageId) is var stamps and not 0 ? stamps
        : ComparePartition(a.position, b.position) is var partitions and not 0 ? partitions
        : a.position.offset.CompareTo(b.position.offset);

    /// <summary>By (timestamp, messageId). What compares as equal is equal in all, so that it does not matter which of them is kept.</summary>
    public static int Compare(RecentEvent a, RecentEvent b) =>
        Stamps(a.timestamp, a.messageId, b.timestamp, b.messageId) is var stamps and not 0 ? stamps
        : string.CompareOrdinal(a.type, b.type) is var types and not 0 ? types
        : string.CompareOrdinal(a.name, b.name);

    /// <summary>By (timestamp, messageId).</summary>
    public static int Stamps(DateTime time1, string message1, DateTime time2, string message2) =>
        time1.CompareTo(time2) is var times and not 0 ? times : string.CompareOrdinal(message1, message2);
}
