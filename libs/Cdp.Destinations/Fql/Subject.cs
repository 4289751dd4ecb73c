using System.Text.Json;

namespace Cdp.Destinations.Fql;

/// <summary>What an expression is evaluated on: a whole event, or only the headers of its record.</summary>
internal readonly struct Subject
{
    private static readonly byte[] TypeMember = "type"u8.ToArray();
    private static readonly byte[] EventMember = "event"u8.ToArray();

    private readonly JsonElement _event;
    private readonly string? _type;
    private readonly string? _name;

    public Subject(JsonElement @event) => _event = @event;

    public Subject(string type, string? name) => (_type, _name) = (type, name);

    /// <param name="path">The member names that lead to the field, in UTF-8.</param>
    public Value Field(byte[][] path)
    {
        if (_type is not null) return Header(path);
        var element = _event;
        foreach (var name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element)) return Value.Null;
        }
        return Value.Of(element);
    }

    private Value Header(byte[][] path)
    {
        if (path.Length > 1) return Value.Unknown;
        if (path[0].AsSpan().SequenceEqual(TypeMember)) return Value.Of(_type);
        return path[0].AsSpan().SequenceEqual(EventMember) ? Value.Of(_name) : Value.Unknown;
    }
}
