namespace Cdp.Profiles.State;

/// <summary>Lists sorted by key that hold the latest element of each key, and of the keys those with the latest elements.</summary>
public static class Latest
{
    /// <param name="list">The list.</param>
    /// <param name="element">What is added, unless its key has a later one, or a full list has only later ones.</param>
    /// <param name="limit">How many keys there may be.</param>
    /// <param name="byKey">The order of the list.</param>
    /// <param name="byStamp">Which is later. Of equal stamps those with the greater keys stay.</param>
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
