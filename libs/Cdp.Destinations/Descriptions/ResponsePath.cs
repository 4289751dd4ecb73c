using System.Globalization;
using System.Text.Json;

namespace Cdp.Destinations.Descriptions;

/// <summary>A value found in a response.</summary>
/// <param name="Value">The value.</param>
/// <param name="Place">The names and indexes on the way to it, such as <c>errors.3</c>.</param>
internal readonly record struct FoundValue(JsonElement Value, string Place);

/// <summary>
/// The way to values of a response: <c>$.error.message</c>, <c>$.errors[0].detail</c>; <c>[*]</c> stands for every item of an array and every member of an
/// object.
/// </summary>
internal sealed class ResponsePath
{
    private readonly IReadOnlyList<string> _steps;

    private ResponsePath(IReadOnlyList<string> steps) => _steps = steps;

    /// <returns>Null for a text that is no path.</returns>
    public static ResponsePath? Read(string text)
    {
        if (text != "$" && !text.StartsWith("$.", StringComparison.Ordinal) && !text.StartsWith("$[", StringComparison.Ordinal)) return null;
        return new ResponsePath(text[1..].Split(['.', '[', ']'], StringSplitOptions.RemoveEmptyEntries));
    }

    public IEnumerable<FoundValue> Find(JsonElement response)
    {
        IEnumerable<FoundValue> found = [new FoundValue(response, "")];
        foreach (var step in _steps) found = found.SelectMany(value => Next(value, step));
        return found;
    }

    /// <summary>The first value as text, numbers as they are written; null if there is none.</summary>
    public string? Text(JsonElement response) => Find(response).Select(found => Format(found.Value)).FirstOrDefault(text => text is { Length: > 0 });

    public static string? Format(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => null,
        JsonValueKind.String => value.GetString(),
        _ => value.GetRawText(),
    };

    private static IEnumerable<FoundValue> Next(FoundValue from, string step)
    {
        switch (from.Value.ValueKind)
        {
            case JsonValueKind.Object when step == "*":
                return from.Value.EnumerateObject().Select(member => new FoundValue(member.Value, Join(from.Place, member.Name)));
            case JsonValueKind.Object when from.Value.TryGetProperty(step, out var member):
                return [new FoundValue(member, Join(from.Place, step))];
            case JsonValueKind.Array when step == "*":
                return from.Value.EnumerateArray().Select((item, index) => new FoundValue(item, Join(from.Place, $"{index}")));
            case JsonValueKind.Array when int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var index):
                return index < from.Value.GetArrayLength() ? [new FoundValue(from.Value[index], Join(from.Place, step))] : [];
            default:
                return [];
        }
    }

    private static string Join(string place, string step) => place.Length == 0 ? step : $"{place}.{step}";
}
