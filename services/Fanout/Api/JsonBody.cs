using System.Globalization;
using System.Text.Json;

namespace Cdp.Fanout.Api;

/// <summary>Reads the members of a JSON object that a request has as its body. Collects every fault, each with the member and the remedy.</summary>
public sealed class JsonBody
{
    private readonly JsonElement _body;
    private readonly List<string> _faults = [];
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    private JsonBody(JsonElement body) => _body = body;

    /// <summary>Reads a body.</summary>
    /// <param name="json">The body.</param>
    /// <param name="read">Reads the members. What it returns is used only if there are no faults.</param>
    /// <param name="example">An example of a body, for the message if the body is not a JSON object.</param>
    public static (T? Value, IReadOnlyList<string> Faults) Read<T>(ReadOnlyMemory<byte> json, Func<JsonBody, T> read, string example)
    {
        if (json.IsEmpty) return (default, [$"the request has no body; send {example}"]);
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object) return (default, [$"the body is not a JSON object; send {example}"]);
            var body = new JsonBody(document.RootElement.Clone());
            var value = read(body);
            body.AddUnknown();
            return (value, body._faults);
        }
        catch (JsonException e)
        {
            return (default, [$"the body is not JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}; send {example}"]);
        }
        catch (InvalidOperationException)
        {
            // The parser checks the encoding of a string only when the string is read.
            return (default, ["a string in the body is not valid Unicode: it holds half of a surrogate pair or bytes that are not UTF-8; send valid UTF-8"]);
        }
    }

    public void AddFault(string fault) => _faults.Add(fault);

    public void AddFaults(IEnumerable<string> faults) => _faults.AddRange(faults);

    /// <summary>A string; null if it is missing or null.</summary>
    public string? Text(string name, int maxLength = 1_000)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.String || value.GetString() is not { Length: > 0 } text)
            return Reject<string?>($"{name} must be a string that is not empty");
        return text.Length <= maxLength ? text : Reject<string?>($"{name} has {text.Length} characters; send at most {maxLength}");
    }

    /// <summary>A string. It is a fault if it is missing.</summary>
    public string RequiredText(string name, string remedy)
    {
        if (Find(name) is null) _faults.Add($"{name} is missing; {remedy}");
        return Text(name) ?? "";
    }

    /// <summary>A time with a time zone; null if it is missing.</summary>
    public DateTime? Time(string name)
    {
        if (Find(name) is null || Text(name) is not { } text) return null;
        return ApiTime.Parse(text) is { } time ? time : Reject<DateTime?>(ApiTime.Fault(name, text));
    }

    /// <summary>A time with a time zone. It is a fault if it is missing.</summary>
    public DateTime RequiredTime(string name)
    {
        if (Find(name) is null) _faults.Add($"{name} is missing; send a time with a time zone, such as 2026-01-01T00:00:00Z");
        return Time(name) ?? default;
    }

    public bool Flag(string name, bool fallback) => Find(name) switch
    {
        null => fallback,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => Reject<bool>($"{name} must be true or false"),
    };

    /// <summary>A whole number within bounds.</summary>
    public int Number(string name, int fallback, int min, int max) => Find(name) switch
    {
        null => fallback,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt32(out var number) && number >= min && number <= max => number,
        _ => Reject<int>(string.Create(CultureInfo.InvariantCulture, $"{name} must be a whole number from {min} to {max}")),
    };

    /// <summary>A value of any type; null if it is missing or null.</summary>
    public JsonElement? Find(string name)
    {
        _known.Add(name);
        return _body.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    private void AddUnknown()
    {
        foreach (var member in _body.EnumerateObject().Where(member => !_known.Contains(member.Name)))
            _faults.Add($"{member.Name} is unknown; the members are {string.Join(", ", _known)}");
    }

    private T? Reject<T>(string fault)
    {
        _faults.Add(fault);
        return default;
    }
}
