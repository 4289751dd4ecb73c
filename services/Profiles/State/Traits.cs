using System.Text;
using cdp;
using Cdp.Profiles.State.Ordering;

namespace Cdp.Profiles.State;

/// <summary>
/// The traits of a profile: the last write of each name, limited to the newest names and the newest large values. A write that was once too old to be kept
/// is never kept again, whatever is added: for this purpose, later large writes are remembered even after a smaller value has replaced them.
/// </summary>
public static class Traits
{
    /// <summary>
    /// Adds a write. The caller must call <see cref="Cut"/> afterwards. If two writes compare as equal, the second wins: they are two members with the same
    /// name in one event, of which JSON parsers take the last.
    /// </summary>
    public static void Set(Profile profile, string name, Trait trait, Bounds bounds)
    {
        if (Texts.IsLongName(name))
        {
            Cuts.Add(profile, Cuts.Traits);
            return;
        }
        NoteLargeWrite(profile, name, trait, bounds);
        var at = Find(profile, name);
        if (at >= 0)
        {
            if (Order.Compare(trait, Stamp(profile.cutTraits[at])) < 0) return;
            profile.cutTraits.RemoveAt(at);
        }
        else if (profile.traits.TryGetValue(name, out var existing) && Order.Compare(trait, existing) < 0) return;
        profile.traits[name] = trait;
    }

    /// <summary>Adds all traits of another profile. The caller must call <see cref="Cut"/> afterwards.</summary>
    public static void Merge(Profile into, Profile from, Bounds bounds)
    {
        foreach (var (name, trait) in from.traits) Set(into, name, trait, bounds);
        foreach (var cut in from.cutTraits)
        {
            var at = Find(into, cut.name);
            if (at >= 0 && Order.Compare(Stamp(cut), Stamp(into.cutTraits[at])) > 0) into.cutTraits[at] = cut;
            if (at >= 0 || (into.traits.TryGetValue(cut.name, out var existing) && Order.Compare(Stamp(cut), existing) < 0)) continue;
            into.traits.Remove(cut.name);
            into.cutTraits.Insert(~at, cut);
        }
        foreach (var large in from.largeTraits) NoteLargeWrite(into, large, bounds);
    }

    public static void Cut(Profile profile, Bounds bounds)
    {
        foreach (var (name, trait) in profile.traits.Where(trait => !IsKept(profile, trait.Key, trait.Value, bounds)).ToList())
        {
            profile.traits.Remove(name);
            var cut = new CutTrait { name = name, timestamp = trait.timestamp, messageId = trait.messageId, position = trait.position };
            profile.cutTraits.Insert(~Find(profile, name), cut);
        }
        if (profile.traits.Count + profile.cutTraits.Count <= bounds.Traits) return;
        Cuts.Add(profile, Cuts.Traits);
        (string Name, DateTime Time, string MessageId)[] all =
        [
            .. profile.traits.Select(trait => (trait.Key, trait.Value.timestamp, trait.Value.messageId)),
            .. profile.cutTraits.Select(cut => (cut.name, cut.timestamp, cut.messageId)),
        ];
        Array.Sort(all, (a, b) => ByTime(b.Time, b.MessageId, b.Name, a.Time, a.MessageId, a.Name));
        foreach (var (name, _, _) in all.Skip(bounds.Traits))
        {
            if (!profile.traits.Remove(name)) profile.cutTraits.RemoveAt(Find(profile, name));
        }
    }

    private static bool IsKept(Profile profile, string name, Trait trait, Bounds bounds)
    {
        return SizesExceeded(trait, bounds).All(size =>
            Sorted.Find(profile.largeTraits, new LargeTrait { above = size.Above, name = name }, ByKey) is >= 0 and var at
            && Order.CompareStamps(profile.largeTraits[at].timestamp, profile.largeTraits[at].messageId, trait.timestamp, trait.messageId) == 0);
    }

    private static void NoteLargeWrite(Profile profile, string name, Trait trait, Bounds bounds)
    {
        foreach (var size in SizesExceeded(trait, bounds))
        {
            NoteLargeWrite(profile, new LargeTrait { above = size.Above, name = name, timestamp = trait.timestamp, messageId = trait.messageId }, bounds);
        }
    }

    private static IEnumerable<TraitSize> SizesExceeded(Trait trait, Bounds bounds)
    {
        // No UTF-16 code unit takes more than three bytes, so most values need not be measured.
        if (trait.value.Length * 3 <= bounds.TraitSizes[0].Above) return [];
        var bytes = Encoding.UTF8.GetByteCount(trait.value);
        return bounds.TraitSizes.TakeWhile(size => bytes > size.Above);
    }

    private static void NoteLargeWrite(Profile profile, LargeTrait large, Bounds bounds)
    {
        var limit = bounds.TraitSizes.First(size => size.Above == large.above).Count;
        var at = Sorted.Find(profile.largeTraits, large, ByKey);
        if (at >= 0)
        {
            if (ByTime(large, profile.largeTraits[at]) > 0) profile.largeTraits[at] = large;
            return;
        }
        profile.largeTraits.Insert(~at, large);
        var same = profile.largeTraits.Where(other => other.above == large.above).ToList();
        if (same.Count > limit) profile.largeTraits.Remove(same.Min(Comparer<LargeTrait>.Create(ByTime))!);
    }

    private static int ByTime(LargeTrait a, LargeTrait b) => ByTime(a.timestamp, a.messageId, a.name, b.timestamp, b.messageId, b.name);

    private static int ByTime(DateTime time1, string message1, string name1, DateTime time2, string message2, string name2) =>
        Order.CompareStamps(time1, message1, time2, message2) is var stamps and not 0 ? stamps : string.CompareOrdinal(name1, name2);

    private static int ByKey(LargeTrait a, LargeTrait b) =>
        a.above.CompareTo(b.above) is var sizes and not 0 ? sizes : string.CompareOrdinal(a.name, b.name);

    private static int Find(Profile profile, string name) =>
        Sorted.Find(profile.cutTraits, new CutTrait { name = name }, (a, b) => string.CompareOrdinal(a.name, b.name));

    private static Trait Stamp(CutTrait cut) => new() { value = "", timestamp = cut.timestamp, messageId = cut.messageId, position = cut.position };
}
