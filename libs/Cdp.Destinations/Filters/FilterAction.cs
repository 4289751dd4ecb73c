using Cdp.Destinations.Mapping;
using Cdp.Destinations.Values;

namespace Cdp.Destinations.Filters;

/// <summary>What a step of a filter does with an event. Actions have no state, so one filter serves all threads.</summary>
internal abstract class FilterAction
{
    /// <summary>The event as it is after the action; null if it is dropped.</summary>
    public abstract Datum? Apply(Datum data);
}

/// <summary><c>drop</c></summary>
internal sealed class Drop : FilterAction
{
    public override Datum? Apply(Datum data) => null;
}

/// <summary><c>sample</c>: keeps a fraction of the events, decided by the value at a path, or by the messageId if there is no value.</summary>
/// <param name="fraction">From 0 to 1.</param>
/// <param name="path">The path of the value that decides; null for the messageId.</param>
internal sealed class Sample(double fraction, DataPath? path) : FilterAction
{
    private static readonly DataPath MessageId = DataPath.Read("messageId");

    public override Datum? Apply(Datum data)
    {
        if (fraction <= 0) return null;
        if (fraction >= 1) return data;
        var value = path?.Find(data) ?? Datum.Missing;
        if (value.IsNullish) value = MessageId.Find(data);
        return Sampling.Position(value) < fraction ? data : null;
    }
}

/// <summary>The names of members of the object at a path, or of each object in the array there.</summary>
internal sealed record Properties(DataPath Path, IReadOnlySet<string> Names)
{
    public Datum Change(Datum data, Func<Datum, IReadOnlySet<string>, Datum> change) => Edit.At(data, Path.Names, part => part.Kind switch
    {
        DatumKind.Object => change(part, Names),
        DatumKind.Array => Datum.Of((IReadOnlyList<Datum>)[.. part.Items().Select(item => item.Kind == DatumKind.Object ? change(item, Names) : item)]),
        _ => part,
    });
}

/// <summary><c>drop_properties</c>: removes the named members.</summary>
internal sealed class DropProperties(IReadOnlyList<Properties> properties) : FilterAction
{
    public override Datum? Apply(Datum data) => properties.Aggregate(
        data,
        (changed, of) => of.Change(changed, (part, names) => Edit.Where(part, name => !names.Contains(name))));
}

/// <summary><c>allow_properties</c>: removes all members of the object at a path except the named ones. The rest of the event stays unchanged.</summary>
internal sealed class AllowProperties(IReadOnlyList<Properties> properties) : FilterAction
{
    public override Datum? Apply(Datum data) => properties.Aggregate(
        data,
        (changed, of) => of.Change(changed, (part, names) => Edit.Where(part, names.Contains)));
}

/// <summary><c>hash_properties</c>: replaces every string and number in the named members by its SHA-256 (<see cref="Sha256Hex"/>).</summary>
internal sealed class HashProperties(IReadOnlyList<Properties> properties) : FilterAction
{
    public override Datum? Apply(Datum data) => properties.Aggregate(
        data,
        (changed, of) => of.Change(changed, (part, names) => Edit.Each(part, (name, value) => names.Contains(name) ? Hash(value) : value)));

    private static Datum Hash(Datum value) => value.Kind switch
    {
        DatumKind.Text or DatumKind.Number => ValueFunction.Sha256(value),
        DatumKind.Array => Datum.Of((IReadOnlyList<Datum>)[.. value.Items().Select(Hash)]),
        DatumKind.Object => Edit.Each(value, (_, member) => Hash(member)),
        _ => value,
    };
}

/// <summary>How one member gets its value in <c>map_properties</c>.</summary>
/// <param name="Target">The member.</param>
/// <param name="From">The path that the value is copied from; null if it is not copied.</param>
/// <param name="Move">Whether the value is removed from <c>From</c>.</param>
/// <param name="Value">The value to set; null if none is set.</param>
/// <param name="ToText">Whether a number, boolean or null is finally converted to a string.</param>
internal sealed record PropertyMap(DataPath Target, DataPath? From, bool Move, Datum? Value, bool ToText);

/// <summary>
/// <c>map_properties</c>: copies, moves, sets and converts members. Every value is read from the event as it was before the step, so the order does not matter.
/// A member is set only where its parent exists.
/// </summary>
internal sealed class MapProperties(IReadOnlyList<PropertyMap> maps) : FilterAction
{
    public override Datum? Apply(Datum data) => maps.Aggregate(data, (changed, map) => Apply(changed, data, map));

    private static Datum Apply(Datum data, Datum before, PropertyMap map)
    {
        var names = map.Target.Names;
        if (names.Count > 1 && Edit.Find(before, names, names.Count - 1).Kind is not (DatumKind.Object or DatumKind.Array or DatumKind.Null)) return data;
        var value = map.Value ?? (map.From is null ? Datum.Missing : Edit.Find(before, map.From.Names));
        if (map.Move) data = Edit.Remove(data, map.From!.Names);
        if (!value.IsMissing) data = Edit.Set(data, names, value);
        return map.ToText ? Edit.At(data, names, ToText) : data;
    }

    private static Datum ToText(Datum value) => value.Kind switch
    {
        DatumKind.Null => Datum.Of("null"),
        DatumKind.Number or DatumKind.Boolean => ValueFunction.ToText(value),
        _ => value,
    };
}
