using cdp;

namespace Cdp.Profiles.State.Ordering;

/// <summary>The orders that make a profile's state independent of the order in which events arrive. Strings are compared ordinally.</summary>
public static class Order
{
    public static int Compare(Identifier a, Identifier b) =>
        string.CompareOrdinal(a.type, b.type) is var types and not 0 ? types : string.CompareOrdinal(a.value, b.value);

    /// <summary>By topic and partition, ignoring the offset.</summary>
    public static int ComparePartition(RecordPosition a, RecordPosition b) =>
        string.CompareOrdinal(a.topic, b.topic) is var topics and not 0 ? topics : a.partition.CompareTo(b.partition);

    /// <summary>
    /// Orders writes by (timestamp, messageId): the greater one is the last write. Two records share both only if a messageId passed deduplication twice. Then
    /// their positions decide, so that the outcome still does not depend on the order of arrival.
    /// </summary>
    public static int Compare(Trait a, Trait b) =>
        CompareStamps(a.timestamp, a.messageId, b.timestamp, b.messageId) is var stamps and not 0 ? stamps
        : ComparePartition(a.position, b.position) is var partitions and not 0 ? partitions
        : a.position.offset.CompareTo(b.position.offset);

    /// <summary>
    /// Orders elements by (timestamp, messageId). Elements that compare as equal are equal in every field, so it does not matter which of them is kept.
    /// </summary>
    public static int Compare(RecentEvent a, RecentEvent b) =>
        CompareStamps(a.timestamp, a.messageId, b.timestamp, b.messageId) is var stamps and not 0 ? stamps
        : string.CompareOrdinal(a.type, b.type) is var types and not 0 ? types
        : string.CompareOrdinal(a.name, b.name);

    /// <summary>By (timestamp, messageId).</summary>
    public static int CompareStamps(DateTime time1, string message1, DateTime time2, string message2) =>
        time1.CompareTo(time2) is var times and not 0 ? times : string.CompareOrdinal(message1, message2);
}
