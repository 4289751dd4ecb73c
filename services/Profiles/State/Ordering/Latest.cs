
namespace Cdp.Profiles.State.Ordering;

/// <summary>A list sorted by key that keeps the latest element of each key and, if there are too many keys, only the keys with the latest elements.</summary>
public static class Latest
{
    /// <summary>Adds an element unless the list has a later one for its key, or is full of later ones.</summary>
    /// <param name="list">The list, sorted by key.</param>
    /// <param name="element">The element.</param>
    /// <param name="limit">The maximum number of keys.</param>
    /// <param name="byKey">Compares keys.</param>
    /// <param name="byStamp">Compares stamps. Of elements with equal stamps, those with greater keys are kept.</param>
    public static void Add<T>(IList<T> list, T element, int limit, Comparison<T> byKey, Comparison<T> byStamp)
    {
        var at = Sorted.Find(list, element, byKey);
        if (at >= 0)
        {
            if (byStamp(list[at], element) < 0) list[at] = element;
            return;
        }
        list.Insert(~at, element);
        if (list.Count > limit) list.RemoveAt(Earliest(list, byStamp));
    }

    private static int Earliest<T>(IList<T> list, Comparison<T> byStamp)
    {
        var earliest = 0;
        for (var i = 1; i < list.Count; i++)
        {
            if (byStamp(list[i], list[earliest]) < 0) earliest = i;
        }
        return earliest;
    }
}
