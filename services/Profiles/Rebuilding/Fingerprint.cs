using System.Security.Cryptography;
using cdp;
using Cdp.Profiles.State;

namespace Cdp.Profiles.Rebuilding;

/// <summary>
/// What two states have in common if and only if they say the same of their customer, in whichever order their lists and maps hold it. How the state came
/// together is left out: <c>absorbed</c>, <c>sharedKeys</c>, <c>routes</c>, <c>pending</c> and <c>awaited</c>, for a merge that met a profile before its first event leaves other traces than one that came after it.
/// </summary>
public static class Fingerprint
{
    /// <summary>32 hex digits: the first 128 bits of a SHA-256. Nothing stored is the same as nothing folded.</summary>
    public static string Of(Profile? profile)
    {
        using var buffer = new MemoryStream();
        using (var writer = new BinaryWriter(buffer)) Write(writer, profile ?? Folding.Empty(""));
        return Convert.ToHexStringLower(SHA256.HashData(buffer.ToArray()).AsSpan(0, 16));
    }

    // The writer puts its length before each text, and each list's before the list, so that no two states run together.
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
