using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using cdp;

namespace Cdp.Profiles.State;

/// <summary>
/// Counts events by name. If there are too many names, those with the smallest hashes are kept, so that a name that was dropped never comes back: a name that
/// is kept counts all its events, and the other names are counted together.
/// </summary>
public static class Counts
{
    /// <summary>Adds events of one name. The caller must call <see cref="Cut"/> afterwards.</summary>
    public static void Add(Profile profile, string name, EventCount count)
    {
        if (profile.counts.TryGetValue(name, out var existing)) profile.counts[name] = Sum(existing, count);
        else if (Texts.IsLongName(name) || (profile.otherEvents?.from is { } from && Hash(name) >= from)) AddOther(profile, count, null);
        else profile.counts[name] = count;
    }

    /// <summary>Adds all counts of another profile. The caller must call <see cref="Cut"/> afterwards.</summary>
    public static void Merge(Profile into, Profile from)
    {
        foreach (var (name, count) in from.counts) Add(into, name, count);
        if (from.otherEvents is not { } other) return;
        AddOther(into, new EventCount { count = other.count, first = other.first, last = other.last }, other.from);
        if (other.from is { } hash) MoveToOther(into, hash);
    }

    public static void Cut(Profile profile, Bounds bounds)
    {
        if (profile.counts.Count > bounds.Events) MoveToOther(profile, profile.counts.Keys.Select(Hash).Order().ElementAt(bounds.Events));
    }

    public static EventCount Sum(EventCount a, EventCount b) =>
        new() { count = a.count + b.count, first = EventTime.Earlier(a.first, b.first), last = EventTime.Later(a.last, b.last) };

    // From now on, names with this hash or a greater one are counted under otherEvents.
    private static void MoveToOther(Profile profile, long from)
    {
        foreach (var (name, count) in profile.counts.Where(count => Hash(count.Key) >= from).ToList())
        {
            profile.counts.Remove(name);
            AddOther(profile, count, from);
        }
    }

    private static void AddOther(Profile profile, EventCount count, long? from)
    {
        var other = profile.otherEvents;
        var sum = other is null ? count : Sum(new EventCount { count = other.count, first = other.first, last = other.last }, count);
        profile.otherEvents = new OtherEvents { count = sum.count, first = sum.first, last = sum.last, from = Smaller(other?.from, from) };
    }

    private static long? Smaller(long? a, long? b) => a is null || b < a ? b ?? a : a;

    private static long Hash(string name) => (long)(BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name))) >> 1);
}
