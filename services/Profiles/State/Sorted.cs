namespace Cdp.Profiles.State;

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
