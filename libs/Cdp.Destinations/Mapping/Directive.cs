using System.Text;
using System.Text.Json;
using Cdp.Destinations.Values;

namespace Cdp.Destinations.Mapping;

/// <summary>A compiled part of a mapping. Directives have no state, so one mapping serves all threads.</summary>
internal abstract class Directive
{
    /// <summary>The value for an event, or for the part of it that is currently being mapped.</summary>
    public abstract Datum Resolve(Datum data);
}

/// <summary>A value that does not depend on the event.</summary>
internal sealed class Fixed(Datum value) : Directive
{
    public Datum Value { get; } = value;

    public override Datum Resolve(Datum data) => Value;
}

/// <summary>An object whose members are mapped one by one. Members with missing results are omitted.</summary>
internal sealed class MembersOf(IReadOnlyList<KeyValuePair<string, Directive>> members) : Directive
{
    private readonly KeyValuePair<string, Directive>[] _members = [.. members];

    public override Datum Resolve(Datum data)
    {
        List<KeyValuePair<string, Datum>> resolved = new(_members.Length);
        foreach (var (name, directive) in _members)
        {
            var value = directive.Resolve(data);
            if (!value.IsMissing) resolved.Add(new(name, value));
        }
        return Datum.Of(resolved);
    }
}

internal sealed class ItemsOf(IReadOnlyList<Directive> items) : Directive
{
    public override Datum Resolve(Datum data) => Datum.Of((IReadOnlyList<Datum>)[.. items.Select(item => item.Resolve(data))]);
}

/// <summary><c>@path</c> with a path that is known.</summary>
internal sealed class PathTo(DataPath path) : Directive
{
    public override Datum Resolve(Datum data) => path.Find(data);
}

/// <summary><c>@path</c> with a path that depends on the event. A path that is not a string finds nothing.</summary>
internal sealed class ComputedPath(Directive path) : Directive
{
    public override Datum Resolve(Datum data) =>
        path.Resolve(data) is { Kind: DatumKind.Text } text ? DataPath.Read(text.Text).Find(data) : Datum.Missing;
}

/// <summary><c>@template</c></summary>
internal sealed class Rendered(Template template) : Directive
{
    public override Datum Resolve(Datum data) => Datum.Of(template.Render(data));
}

/// <summary><c>@template</c> with a template string that depends on the event.</summary>
internal sealed class ComputedTemplate(Directive template) : Directive
{
    public override Datum Resolve(Datum data) =>
        template.Resolve(data) is { Kind: DatumKind.Text } text ? Datum.Of(Template.Read(text.Text).Render(data)) : Datum.Missing;
}

/// <summary><c>@liquid</c>: missing where the template cannot be rendered for the event.</summary>
internal sealed class Liquid(LiquidTemplate template) : Directive
{
    public override Datum Resolve(Datum data) => template.Render(data) is { } text ? Datum.Of(text) : Datum.Missing;
}

/// <summary><c>@if</c>: <c>exists</c> takes the first branch for all but null; <c>blank</c> for all but null, the empty string, 0 and false.</summary>
internal sealed class Choice(Directive test, bool blank, Directive then, Directive otherwise) : Directive
{
    public override Datum Resolve(Datum data)
    {
        var value = test.Resolve(data);
        var holds = blank ? !value.IsNullish && !IsBlank(value) : !value.IsNullish;
        return holds ? then.Resolve(data) : otherwise.Resolve(data);
    }

    // Whether the value equals the empty string in JavaScript, as an empty array does.
    private static bool IsBlank(Datum value) => value.Kind == DatumKind.Array ? value.Format().Length == 0 : value.IsFalsy;
}

/// <summary><c>@case</c>: changes strings only.</summary>
internal sealed class LetterCase(bool upper, Directive value) : Directive
{
    public override Datum Resolve(Datum data) => value.Resolve(data) switch
    {
        { Kind: DatumKind.Text } text => Datum.Of(upper ? text.Text.ToUpperInvariant() : text.Text.ToLowerInvariant()),
        var other => other,
    };
}

/// <param name="Pattern">The text to replace, taken literally, not as a regular expression.</param>
/// <param name="With">The replacement.</param>
internal sealed record Replacement(string Pattern, string With);

/// <summary><c>@replace</c>: replaces text in a string, or in a boolean or number converted to a string. Any other value becomes the empty string.</summary>
internal sealed class Replaced(IReadOnlyList<Replacement> replacements, bool ignoreCase, bool all, Directive value) : Directive
{
    public override Datum Resolve(Datum data)
    {
        var resolved = value.Resolve(data);
        if (resolved.Kind is not (DatumKind.Text or DatumKind.Boolean or DatumKind.Number)) return Datum.Of("");
        return Datum.Of(replacements.Aggregate(resolved.Format(), Replace));
    }

    private string Replace(string text, Replacement replacement)
    {
        var comparison = ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        var result = new StringBuilder();
        var at = 0;
        while (text.IndexOf(replacement.Pattern, at, comparison) is >= 0 and var found)
        {
            result.Append(text, at, found - at).Append(Expand(replacement.With, text, found, replacement.Pattern.Length));
            at = found + replacement.Pattern.Length;
            if (!all) break;
        }
        return result.Append(text, at, text.Length - at).ToString();
    }

    // What JavaScript's replace understands in a replacement: $$ a dollar sign, $& the match, $` the text before the match, $' the text after it.
    private static string Expand(string with, string text, int found, int length)
    {
        if (!with.Contains('$', StringComparison.Ordinal)) return with;
        var result = new StringBuilder();
        for (var i = 0; i < with.Length; i++)
        {
            var next = with[i] == '$' && i + 1 < with.Length ? with[i + 1] : '\0';
            var expanded = next switch
            {
                '$' => "$",
                '&' => text.Substring(found, length),
                '`' => text[..found],
                '\'' => text[(found + length)..],
                _ => null,
            };
            result.Append(expanded ?? with[i].ToString());
            if (expanded is not null) i++;
        }
        return result.ToString();
    }
}

/// <summary><c>@arrayPath</c>: maps each item separately. An object counts as an array of one item; any other value is unchanged.</summary>
internal sealed class EachItem(Directive array, Directive? shape) : Directive
{
    public override Datum Resolve(Datum data)
    {
        var found = array.Resolve(data);
        if (found.Kind == DatumKind.Object) found = Datum.Of((IReadOnlyList<Datum>)[found]);
        if (found.Kind != DatumKind.Array || shape is null) return found;
        return Datum.Of((IReadOnlyList<Datum>)[.. found.Items().Select(shape.Resolve)]);
    }
}

/// <summary>
/// <c>@merge</c>: the members of several objects in one. If several have a member of the same name, the last (right) or the first (left) one counts. A value
/// that is not an object adds nothing.
/// </summary>
internal sealed class Merged(IReadOnlyList<Directive> objects, bool lastWins) : Directive
{
    public override Datum Resolve(Datum data)
    {
        OrderedDictionary<string, Datum> members = [];
        foreach (var value in objects.Select(part => part.Resolve(data)).Where(value => value.Kind == DatumKind.Object))
        {
            foreach (var (name, member) in value.Members())
            {
                if (lastWins) members[name] = member;
                else members.TryAdd(name, member);
            }
        }
        return Datum.Of((IReadOnlyList<KeyValuePair<string, Datum>>)[.. members]);
    }
}

/// <summary>
/// <c>@flatten</c>: an object without nested objects. The names along each path are joined by the separator. Empty objects and arrays disappear.
/// </summary>
internal sealed class Flattened(Directive value, string separator, bool omitArrays) : Directive
{
    public override Datum Resolve(Datum data)
    {
        OrderedDictionary<string, Datum> members = [];
        Add(value.Resolve(data), "", members);
        return Datum.Of((IReadOnlyList<KeyValuePair<string, Datum>>)[.. members]);
    }

    private void Add(Datum part, string name, OrderedDictionary<string, Datum> members)
    {
        switch (part.Kind)
        {
            case DatumKind.Object:
                foreach (var (key, member) in part.Members()) Add(member, Join(name, key), members);
                break;
            case DatumKind.Array when !omitArrays:
                foreach (var (index, item) in part.Items().Index()) Add(item, Join(name, $"{index}"), members);
                break;
            default:
                members[name] = part;
                break;
        }
    }

    private string Join(string name, string key) => name.Length == 0 ? key : name + separator + key;
}

/// <summary><c>@json</c> with mode encode</summary>
internal sealed class Encoded(Directive value) : Directive
{
    public override Datum Resolve(Datum data) => value.Resolve(data) is { IsMissing: false } found ? Datum.Of(found.ToJson()) : Datum.Missing;
}

/// <summary><c>@json</c> with mode decode: a string that is not JSON, and a value that is not a string, are kept unchanged.</summary>
internal sealed class Decoded(Directive value) : Directive
{
    public override Datum Resolve(Datum data)
    {
        var found = value.Resolve(data);
        if (found.Kind != DatumKind.Text) return found;
        try
        {
            var decoded = JsonElement.Parse(found.Text);
            return HasText(decoded) ? Datum.Of(decoded) : found;
        }
        catch (JsonException)
        {
            return found;
        }
    }

    // Ingestion replaces unpaired surrogates in events, but not in JSON inside a string. Reading such a string later would throw.
    private static bool HasText(JsonElement json)
    {
        if (!json.GetRawText().Contains("\\u", StringComparison.Ordinal)) return true;
        try
        {
            Read(json);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static void Read(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.String) json.GetString();
        else if (json.ValueKind == JsonValueKind.Array) json.EnumerateArray().ToList().ForEach(Read);
        else if (json.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in json.EnumerateObject())
            {
                _ = member.Name;
                Read(member.Value);
            }
        }
    }
}

/// <summary><c>@transform</c>: maps the result of a first mapping.</summary>
internal sealed class Transformed(Directive first, Directive then) : Directive
{
    public override Datum Resolve(Datum data) => then.Resolve(first.Resolve(data));
}

/// <summary><c>@excludeWhenNull</c>: null becomes missing, also for members of nested objects, but not inside arrays.</summary>
internal sealed class WithoutNulls(Directive value) : Directive
{
    public override Datum Resolve(Datum data) => Remove(value.Resolve(data));

    private static Datum Remove(Datum value) => value.Kind switch
    {
        DatumKind.Null => Datum.Missing,
        DatumKind.Object => Datum.Of((IReadOnlyList<KeyValuePair<string, Datum>>)
            [.. value.Members().Select(member => KeyValuePair.Create(member.Key, Remove(member.Value))).Where(member => !member.Value.IsMissing)]),
        _ => value,
    };
}
