using System.Globalization;
using Cdp.Destinations.Values;

namespace Cdp.Destinations.Filters;

/// <summary>Makes changed copies of JSON values. A path leads through members of objects and indexes of arrays.</summary>
internal static class Edit
{
    /// <summary>The value at a path; missing if the path leads nowhere.</summary>
    /// <param name="value">The value that the path begins at.</param>
    /// <param name="path">The names of the members and indexes, in order.</param>
    /// <param name="depth">How many of the names to follow; null for all.</param>
    public static Datum Find(Datum value, IReadOnlyList<string> path, int? depth = null)
    {
        for (var i = 0; i < (depth ?? path.Count); i++) value = Child(value, path[i]);
        return value;
    }

    /// <summary>The value with the part at the path changed; unchanged if the path leads nowhere.</summary>
    public static Datum At(Datum value, IReadOnlyList<string> path, Func<Datum, Datum> change) =>
        Find(value, path).IsMissing ? value : At(value, path, 0, change);

    /// <summary>The value with a part set. Values on the path that are neither objects nor arrays become objects; no items are added to arrays.</summary>
    public static Datum Set(Datum value, IReadOnlyList<string> path, Datum to) => Set(value, path, 0, to);

    /// <summary>The value without the part at the path; an item of an array is replaced by null.</summary>
    public static Datum Remove(Datum value, IReadOnlyList<string> path) => At(value, path, _ => Datum.Missing);

    /// <summary>A copy of an object with only the members whose name is wanted.</summary>
    public static Datum Where(Datum value, Func<string, bool> wanted) =>
        Datum.Of((IReadOnlyList<KeyValuePair<string, Datum>>)[.. value.Members().Where(member => wanted(member.Key))]);

    /// <summary>A copy of an object with the value of each member changed.</summary>
    public static Datum Each(Datum value, Func<string, Datum, Datum> change) =>
        Datum.Of((IReadOnlyList<KeyValuePair<string, Datum>>)
            [.. value.Members().Select(member => KeyValuePair.Create(member.Key, change(member.Key, member.Value)))]);

    private static Datum At(Datum value, IReadOnlyList<string> path, int depth, Func<Datum, Datum> change) =>
        depth == path.Count ? change(value) : With(value, path[depth], At(Child(value, path[depth]), path, depth + 1, change));

    private static Datum Set(Datum value, IReadOnlyList<string> path, int depth, Datum to)
    {
        if (depth == path.Count) return to;
        if (value.Kind == DatumKind.Array && Child(value, path[depth]).IsMissing) return value;
        if (value.Kind is not (DatumKind.Array or DatumKind.Object)) value = Datum.Of((IReadOnlyList<KeyValuePair<string, Datum>>)[]);
        return With(value, path[depth], Set(Child(value, path[depth]), path, depth + 1, to));
    }

    private static Datum Child(Datum value, string name) => value.Kind switch
    {
        DatumKind.Object => value.Member(name),
        DatumKind.Array when Index(name) is { } index && index < value.ItemCount() => value.Member(name),
        _ => Datum.Missing,
    };

    // The value with one member or item replaced, added, or, if it is missing, removed.
    private static Datum With(Datum value, string name, Datum child)
    {
        if (value.Kind == DatumKind.Array)
        {
            Datum[] items = [.. value.Items()];
            items[Index(name)!.Value] = child.IsMissing ? Datum.Null : child;
            return Datum.Of((IReadOnlyList<Datum>)items);
        }
        List<KeyValuePair<string, Datum>> members = [.. value.Members()];
        var at = members.FindIndex(member => member.Key == name);
        if (at < 0) members.Add(new(name, child));
        else if (child.IsMissing) members.RemoveAt(at);
        else members[at] = new(name, child);
        return Datum.Of((IReadOnlyList<KeyValuePair<string, Datum>>)members);
    }

    private static int? Index(string name) => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : null;
}
