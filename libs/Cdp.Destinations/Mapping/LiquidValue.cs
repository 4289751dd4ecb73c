using System.Globalization;
using Cdp.Destinations.Values;
using Fluid.Values;

namespace Cdp.Destinations.Mapping;

/// <summary>An object of an event as Liquid sees it: members are read only when a template uses them.</summary>
internal sealed class LiquidValue(Datum data) : IFluidIndexable
{
    public int Count => data.Members().Count;

    public IEnumerable<string> Keys => data.Members().Select(member => member.Key);

    /// <summary>The value for a template: numbers as in JavaScript, except that integers keep all their digits.</summary>
    public static FluidValue Of(Datum data) => data.Kind switch
    {
        DatumKind.Text => new StringValue(data.Text),
        DatumKind.Number when ValueFunction.ToText(data).Text is var text =>
            decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? NumberValue.Create(number) : new StringValue(text),
        DatumKind.Boolean => BooleanValue.Create(data.Boolean),
        DatumKind.Array => new ArrayValue([.. data.Items().Select(Of)]),
        DatumKind.Object => new DictionaryValue(new LiquidValue(data)),
        _ => NilValue.Instance,
    };

    public bool TryGetValue(string name, out FluidValue value)
    {
        var member = data.Member(name);
        value = Of(member);
        return !member.IsMissing;
    }
}
