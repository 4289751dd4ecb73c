using System.Text.Json;
using Cdp.Functions.Contracts;

namespace Cdp.Functions.Testing;

/// <summary>Compares an outcome with what a test expects.</summary>
internal static class OutcomeDifference
{
    private const int MaxText = 120;

    /// <summary>
    /// What differs, one line for each value: <c>properties.total: expected 5, but was 6</c>. The order of members and the notation of numbers do not matter.
    /// </summary>
    public static IEnumerable<string> Find(JsonElement? expected, FunctionOutcome outcome)
    {
        if (outcome is FunctionOutcome.Failed failed)
        {
            var place = failed.Line is null ? "" : $" ({failed.Module}.js, line {failed.Line}, column {failed.Column})";
            if (Error(expected) is not { } error) yield return $"failed: {failed.Reason}{place}";
            else if (!failed.Reason.Contains(error, StringComparison.Ordinal))
                yield return $"expected an error with \"{error}\", but it was: {failed.Reason}{place}";
            yield break;
        }
        if (expected is not { } wanted) yield break;
        if (Error(expected) is { } missing)
        {
            yield return $"expected an error with \"{missing}\", but the function {(outcome is FunctionOutcome.Kept ? "succeeded" : "dropped the event")}";
            yield break;
        }
        if (wanted.ValueKind == JsonValueKind.Null)
        {
            if (outcome is FunctionOutcome.Kept kept) yield return $"expected the event to be dropped, but it became {Short(string.Join(", ", kept.Events))}";
            yield break;
        }
        if (outcome is FunctionOutcome.Dropped dropped)
        {
            yield return $"the event was dropped: {dropped.Reason}";
            yield break;
        }
        var events = ((FunctionOutcome.Kept)outcome).Events.Select(Parse).ToList();
        if (wanted.ValueKind == JsonValueKind.Array)
        {
            foreach (var difference in List(wanted, events, "")) yield return difference;
        }
        else if (events.Count != 1)
        {
            yield return $"expected one event, but there are {events.Count}";
        }
        else
        {
            foreach (var difference in Value(wanted, events[0], "")) yield return difference;
        }
    }

    /// <summary>What differs between the requests that a test expects and those that the function made. A body is compared as JSON if it is JSON.</summary>
    public static IEnumerable<string> Find(JsonElement? expected, IReadOnlyList<FetchRequest> requests) => expected is { ValueKind: JsonValueKind.Array } wanted
        ? List(wanted, [.. requests.Select(request => JsonSerializer.SerializeToElement(Members(request)))], "requests")
        : [];

    private static Dictionary<string, JsonElement> Members(FetchRequest request)
    {
        var members = new Dictionary<string, JsonElement>
        {
            ["method"] = JsonSerializer.SerializeToElement(request.Method),
            ["url"] = JsonSerializer.SerializeToElement(request.Url),
        };
        if (request.Body is not { } body) return members;
        try
        {
            members["body"] = Parse(body);
        }
        catch (JsonException)
        {
            members["body"] = JsonSerializer.SerializeToElement(body);
        }
        return members;
    }

    private static string? Error(JsonElement? expected) =>
        expected is { ValueKind: JsonValueKind.Object } item && item.EnumerateObject().Count() == 1 && item.TryGetProperty("error", out var error)
        && error.ValueKind == JsonValueKind.String
            ? error.GetString()
            : null;

    private static IEnumerable<string> Value(JsonElement expected, JsonElement actual, string path)
    {
        if (expected.ValueKind == JsonValueKind.Object && actual.ValueKind == JsonValueKind.Object)
        {
            var names = expected.EnumerateObject().Select(member => member.Name).Union(actual.EnumerateObject().Select(member => member.Name));
            return names.SelectMany(name =>
            {
                var place = path.Length == 0 ? name : $"{path}.{name}";
                if (!actual.TryGetProperty(name, out var found)) return [$"{place}: expected {Text(expected.GetProperty(name))}, but it is missing"];
                return expected.TryGetProperty(name, out var wanted) ? Value(wanted, found, place) : [$"{place}: not expected, but was {Text(found)}"];
            });
        }
        if (expected.ValueKind == JsonValueKind.Array && actual.ValueKind == JsonValueKind.Array) return List(expected, [.. actual.EnumerateArray()], path);
        return JsonElement.DeepEquals(expected, actual) ? [] : [$"{(path.Length == 0 ? "" : path + ": ")}expected {Text(expected)}, but was {Text(actual)}"];
    }

    private static IEnumerable<string> List(JsonElement expected, List<JsonElement> actual, string path)
    {
        var wanted = expected.EnumerateArray().ToList();
        if (wanted.Count != actual.Count)
        {
            var found = Short($"[{string.Join(',', actual)}]");
            return [$"{(path.Length == 0 ? "" : path + ": ")}expected {wanted.Count} items, but there are {actual.Count}: {found}"];
        }
        return wanted.SelectMany((item, index) => Value(item, actual[index], $"{path}[{index}]"));
    }

    private static JsonElement Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    private static string Text(JsonElement value) => Short(value.GetRawText());

    private static string Short(string text) => text.Length <= MaxText ? text : text[..MaxText] + "…";
}
