
namespace Cdp.Profiles.State.Ordering;

/// <summary>Operations on lists that are kept as sorted sets.</summary>
public static class Sorted
{
    /// <summary>The index of the element that compares as equal, or the bitwise complement of the index at which it would be inserted.</summary>
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

    /// <summary>Returns false if the list already contains the element.</summary>
    public static bool Add<T>(IList<T> list, T element, Comparison<T> compare)
    {
        var at = Find(list, element, compare);
        if (at < 0) list.Insert(~at, element);
        return at < 0;
    }
}
