using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Cdp.Ingestion.Mapping;

/// <summary>
/// A path to a value in a payload: a singular query of RFC 9535 (<c>$.a.b</c>, <c>$['a b']</c>, <c>$.a[0]</c>, <c>$.a[-1]</c>), or one with wildcards
/// (<c>$.a[*].b</c>), which finds a list. It begins at the body, <c>$</c>, or at <c>$headers</c>, <c>$query</c> or <c>$item</c>.
/// </summary>
public sealed class JsonPath
{
    private readonly Func<Payload, JsonElement> _root;
    private readonly List<Segment> _segments;

    private JsonPath(Func<Payload, JsonElement> root, List<Segment> segments) => (_root, _segments) = (root, segments);

    /// <summary>Whether the path has a wildcard, so that it finds a list.</summary>
    public bool IsPlural => _segments.Exists(segment => segment.IsWildcard);

    /// <summary>Parses the path at the cursor. If there is none, the result is null and the cursor has an error.</summary>
    public static JsonPath? Parse(Cursor cursor)
    {
        if (Root(cursor) is not { } root)
        {
            cursor.Fail("a path must begin with $, $headers, $query or $item");
            return null;
        }
        var segments = new List<Segment>();
        while (cursor.Next is '.' or '[')
        {
            if ((cursor.Take() == '.' ? Shorthand(cursor) : Bracketed(cursor)) is not { } segment) return null;
            segments.Add(segment);
        }
        return new JsonPath(root, segments);
    }

    /// <summary>The value that the path finds; <c>default</c> if it finds none.</summary>
    public JsonElement Find(in Payload payload) => Find(_root(payload), 0);

    private JsonElement Find(JsonElement value, int from)
    {
        for (var i = from; i < _segments.Count && value.ValueKind != JsonValueKind.Undefined; i++)
        {
            var segment = _segments[i];
            if (segment.IsWildcard)
            {
                var found = new List<JsonElement>();
                Collect(value, i, found);
                return found.Count == 0 ? default : Values.List(found);
            }
            value = segment.Step(value);
        }
        return value;
    }

    private void Collect(JsonElement value, int at, List<JsonElement> found)
    {
        if (at == _segments.Count)
        {
            if (value.ValueKind != JsonValueKind.Undefined) found.Add(value);
        }
        else if (!_segments[at].IsWildcard)
        {
            Collect(_segments[at].Step(value), at + 1, found);
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in value.EnumerateArray()) Collect(item, at + 1, found);
        }
        else if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in value.EnumerateObject()) Collect(member.Value, at + 1, found);
        }
    }

    private static Func<Payload, JsonElement>? Root(Cursor cursor)
    {
        if (!cursor.TryTake("$")) return null;
        return cursor.TakeWhile(char.IsAsciiLetter) switch
        {
            "" => payload => payload.Body,
            "headers" => payload => payload.Headers,
            "query" => payload => payload.Query,
            "item" => payload => payload.Item,
            _ => null,
        };
    }

    private static Segment? Shorthand(Cursor cursor)
    {
        if (cursor.TryTake("*")) return Segment.Wildcard;
        var name = char.IsAsciiDigit(cursor.Next) ? "" : cursor.TakeWhile(c => char.IsAsciiLetterOrDigit(c) || c == '_' || c >= 0x80);
        if (name.Length > 0 && cursor.Next != '-') return Segment.Member(name);
        cursor.Fail("a name after a dot may have only letters, digits and _; write other names as ['name']");
        return null;
    }

    private static Segment? Bracketed(Cursor cursor)
    {
        cursor.SkipBlanks();
        var segment = cursor.Next switch
        {
            '*' => TakeWildcard(cursor),
            '\'' or '"' => Quoted(cursor) is { } name ? Segment.Member(name) : null,
            _ => Index(cursor),
        };
        cursor.SkipBlanks();
        if (segment is null || cursor.TryTake("]")) return segment;
        cursor.Fail("']' is missing");
        return null;
    }

    private static Segment? TakeWildcard(Cursor cursor)
    {
        cursor.Take();
        return Segment.Wildcard;
    }

    private static Segment? Index(Cursor cursor)
    {
        var start = cursor.Position;
        cursor.TryTake("-");
        var digits = cursor.TakeWhile(char.IsAsciiDigit);
        var text = cursor.Since(start);
        var isNumber = digits.Length > 0 && (digits[0] != '0' || text == "0");
        if (isNumber && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index)) return Segment.At(index);
        cursor.Fail("brackets must contain a quoted name, a whole number or *");
        return null;
    }

    /// <summary>Parses a string in single or double quotes with JSON escapes. If there is none, the result is null and the cursor has an error.</summary>
    public static string? Quoted(Cursor cursor)
    {
        var (quote, text) = (cursor.Take(), new StringBuilder());
        while (!cursor.IsAtEnd)
        {
            var next = cursor.Take();
            if (next == quote) return text.ToString();
            if ((next == '\\' ? Escaped(cursor) : next) is not { } character) break;
            text.Append(character);
        }
        cursor.Fail(cursor.IsAtEnd ? $"the closing {quote} is missing" : "the escape is invalid");
        return null;
    }

    private static char? Escaped(Cursor cursor) => cursor.Take() switch
    {
        'b' => '\b',
        'f' => '\f',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => Hexadecimal(cursor),
        var same and ('/' or '\\' or '\'' or '"') => same,
        _ => null,
    };

    private static char? Hexadecimal(Cursor cursor)
    {
        var start = cursor.Position;
        for (var i = 0; i < 4 && char.IsAsciiHexDigit(cursor.Next); i++) cursor.Take();
        return cursor.Position - start == 4 ? (char)int.Parse(cursor.Since(start), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) : null;
    }

    private readonly record struct Segment(string? Name, int Index, bool IsWildcard)
    {
        public static readonly Segment? Wildcard = new Segment(null, 0, true);

        public static Segment? Member(string name) => new Segment(Values.WellFormed(name), 0, false);

        public static Segment? At(int index) => new Segment(null, index, false);

        public JsonElement Step(JsonElement value)
        {
            if (Name is not null) return Values.Member(value, Name);
            if (value.ValueKind != JsonValueKind.Array) return default;
            var length = value.GetArrayLength();
            var index = Index < 0 ? length + Index : Index;
            return index >= 0 && index < length ? value[index] : default;
        }
    }
}
