using System.Security.Cryptography;
using cdp;
using Cdp.Profiles.State.Ordering;

namespace Cdp.Profiles.State;

/// <summary>
/// A hash of the content of a state. Two states have the same fingerprint if and only if they have the same content, whatever the order of their lists and
/// maps. Lineage (<c>absorbed</c>, <c>sharedKeys</c>, <c>routes</c>, <c>pending</c>, <c>awaited</c>) is left out, because it differs with the order of events
/// and merges: a merge that came before the first event of a profile leaves different traces than one that came after it. <c>largeTraits</c> is left out as
/// well.
/// </summary>
public static class Fingerprint
{
    /// <summary>32 hex digits: the first 128 bits of a SHA-256. A missing profile has the same fingerprint as an empty one.</summary>
    public static string Of(Profile? profile)
    {
        using var buffer = new MemoryStream();
        using (var writer = new BinaryWriter(buffer)) Write(writer, profile ?? Folding.Empty(""));
        return Convert.ToHexStringLower(SHA256.HashData(buffer.ToArray()).AsSpan(0, 16));
    }

    // Each string and each list is preceded by its length, so that different states never produce the same bytes.
    private static void Write(BinaryWriter to, Profile profile)
    {
        Text(to, profile.mergedInto);
        Text(to, profile.kind);
        to.Write(profile.total);
        Time(to, profile.firstSeen);
        Time(to, profile.lastSeen);
        Each(to, profile.identifiers.Order(Comparer<Identifier>.Create(Order.Compare)), identifier => Write(to, identifier));
        Each(to, profile.traits.OrderBy(trait => trait.Key, StringComparer.Ordinal), trait =>
        {
            to.Write(trait.Key);
            to.Write(trait.Value.value);
            Stamp(to, trait.Value.timestamp, trait.Value.messageId);
            Write(to, trait.Value.position);
        });
        Each(to, profile.counts.OrderBy(count => count.Key, StringComparer.Ordinal), count =>
        {
            to.Write(count.Key);
            to.Write(count.Value.count);
            Time(to, count.Value.first);
            Time(to, count.Value.last);
        });
        Each(to, profile.recent.Order(Comparer<RecentEvent>.Create(Order.Compare)), e =>
        {
            to.Write(e.type);
            Text(to, e.name);
            Stamp(to, e.timestamp, e.messageId);
        });
        Each(to, profile.accounts.OrderBy(link => link.accountId, StringComparer.Ordinal), link =>
        {
            to.Write(link.accountId);
            to.Write(link.groupId);
            Stamp(to, link.timestamp, link.messageId);
        });
        Each(to, profile.members.OrderBy(member => member.identifier, Comparer<Identifier>.Create(Order.Compare)), member =>
        {
            Write(to, member.identifier);
            Stamp(to, member.timestamp, member.messageId);
        });
        Each(to, profile.cutTraits, cut =>
        {
            to.Write(cut.name);
            Stamp(to, cut.timestamp, cut.messageId);
            Write(to, cut.position);
        });
        to.Write(profile.otherEvents is not null);
        if (profile.otherEvents is { } other)
        {
            to.Write(other.count);
            Time(to, other.first);
            Time(to, other.last);
            to.Write(other.from ?? -1);
        }
        Each(to, profile.cut.Where(Cuts.IsContent).Order(StringComparer.Ordinal), to.Write);
        Each(to, profile.reflects.Order(Comparer<RecordPosition>.Create(Order.ComparePartition)), position => Write(to, position));
        Each(to, profile.since.Order(Comparer<RecordPosition>.Create(Order.ComparePartition)), position => Write(to, position));
    }

    private static void Each<T>(BinaryWriter to, IEnumerable<T> elements, Action<T> write)
    {
        T[] all = [.. elements];
        to.Write(all.Length);
        foreach (var element in all) write(element);
    }

    private static void Write(BinaryWriter to, Identifier identifier)
    {
        to.Write(identifier.type);
        to.Write(identifier.value);
    }

    private static void Write(BinaryWriter to, RecordPosition position)
    {
        to.Write(position.topic);
        to.Write(position.partition);
        to.Write(position.offset);
    }

    private static void Stamp(BinaryWriter to, DateTime timestamp, string messageId)
    {
        Time(to, timestamp);
        to.Write(messageId);
    }

    private static void Time(BinaryWriter to, DateTime? time) => to.Write(time?.Ticks ?? -1);

    private static void Text(BinaryWriter to, string? text)
    {
        to.Write(text is not null);
        to.Write(text ?? "");
    }
}
