using System.Text.Json;
using System.Text.RegularExpressions;
using Cdp.Destinations.Values;

namespace Cdp.Destinations.Mapping;

/// <summary>Reads a mapping and collects every fault with its path, such as <c>/email/@if/then</c>.</summary>
internal sealed partial class MappingReader
{
    private const string RootDirective = "__segment_internal_directive";
    private const string Metadata = "_metadata";
    private const int MaxReplacement = 10;

    private const string Names =
        "@path, @template, @if, @case, @replace, @arrayPath, @literal, @merge, @flatten, @json, @transform, @excludeWhenNull, @liquid and @fn";

    private const string Functions = "sha256, e164, date, number, integer, string, boolean, trim, truncate, snakecase and alphanumeric";

    private static readonly Directive Nothing = new Fixed(Datum.Missing);

    private readonly List<string> _faults = [];

    /// <exception cref="MappingException">The mapping is invalid.</exception>
    public static Directive Read(JsonElement mapping)
    {
        var reader = new MappingReader();
        var directive = mapping.ValueKind == JsonValueKind.Object ? reader.Root(mapping) : reader.Fault("/", $"must be an object, not {Kind(mapping)}");
        return reader._faults.Count == 0 ? directive : throw new MappingException(reader._faults);
    }

    // A directive at the root may be one member among others. The other members are then the mapping for the directive.
    private Directive Root(JsonElement mapping)
    {
        if (!mapping.TryGetProperty(RootDirective, out var root)) return Value(mapping, "");
        var members = Members(mapping, "", name => name != RootDirective);
        if (DirectiveName(root) is not "@transform" || !root.TryGetProperty("@transform", out var transform) || transform.ValueKind != JsonValueKind.Object)
        {
            return Fault($"/{RootDirective}", "must be a @transform");
        }
        return new Transformed(Required(transform, "apply", $"/{RootDirective}/@transform", ObjectValue), members);
    }

    private Directive Value(JsonElement value, string path) => value.ValueKind switch
    {
        JsonValueKind.Object when DirectiveName(value) is { } name => OfDirective(value, name, path),
        JsonValueKind.Object => Members(value, path, _ => true),
        JsonValueKind.Array => new ItemsOf([.. value.EnumerateArray().Select((item, index) => Value(item, $"{path}/{index}"))]),
        _ => new Fixed(Datum.Of(value)),
    };

    private MembersOf Members(JsonElement value, string path, Func<string, bool> counts) => new(
        [.. value.EnumerateObject().Where(member => counts(member.Name))
            .Select(member => KeyValuePair.Create(member.Name, Value(member.Value, $"{path}/{member.Name}")))]);

    // The name of the object's directive; null if it has none.
    private static string? DirectiveName(JsonElement value) =>
        value.ValueKind != JsonValueKind.Object ? null : value.EnumerateObject().Select(member => member.Name).FirstOrDefault(name => name.StartsWith('@'));

    private Directive OfDirective(JsonElement value, string name, string path)
    {
        var keys = value.EnumerateObject().Count(member => member.Name != Metadata);
        if (keys != 1) return Fault(path, $"has {keys} keys; an object with a directive has only that one, and {Metadata}");
        if (!ValidName().IsMatch(name)) return Fault(path, $"has the invalid directive '{name}'; the name of a directive is @ and letters");
        var argument = value.GetProperty(name);
        path = $"{path}/{name}";
        return name switch
        {
            "@path" => Text(argument, path, text => new PathTo(DataPath.Read(text)), computed => new ComputedPath(computed)),
            "@template" => Text(argument, path, text => new Rendered(Template.Read(text)), computed => new ComputedTemplate(computed)),
            "@liquid" => Liquid(argument, path),
            "@literal" => Value(argument, path),
            "@excludeWhenNull" => new WithoutNulls(Value(argument, path)),
            "@arrayPath" => EachItem(argument, path),
            "@if" => WithOptions(argument, path, If),
            "@case" => WithOptions(argument, path, Case),
            "@replace" => WithOptions(argument, path, Replace),
            "@merge" => WithOptions(argument, path, Merge),
            "@flatten" => WithOptions(argument, path, Flatten),
            "@json" => WithOptions(argument, path, Json),
            "@transform" => WithOptions(argument, path, Transform),
            "@fn" => WithOptions(argument, path, Function),
            _ => Fault(path, $"is not a directive; the directives are {Names}"),
        };
    }

    private Directive WithOptions(JsonElement argument, string path, Func<JsonElement, string, Directive> read) =>
        argument.ValueKind == JsonValueKind.Object && DirectiveName(argument) is null
            ? read(argument, path)
            : Fault(path, $"must be an object, not {Kind(argument)}");

    private Directive Text(JsonElement argument, string path, Func<string, Directive> known, Func<Directive, Directive> computed)
    {
        if (argument.ValueKind == JsonValueKind.String) return known(argument.GetString()!);
        return DirectiveName(argument) is null ? Fault(path, $"must be a string or a directive, not {Kind(argument)}") : computed(Value(argument, path));
    }

    private Directive Liquid(JsonElement argument, string path)
    {
        if (argument.ValueKind != JsonValueKind.String) return Fault(path, $"must be a string, not {Kind(argument)}");
        return LiquidTemplate.Read(argument.GetString()!, out var fault) is { } template ? new Liquid(template) : Fault(path, fault!);
    }

    private Directive EachItem(JsonElement argument, string path)
    {
        if (argument.ValueKind != JsonValueKind.Array || argument.GetArrayLength() is < 1 or > 2)
        {
            return Fault(path, "must be an array of the path and, if each item is to be mapped, the mapping of an item");
        }
        var array = Text(argument[0], $"{path}/0", text => new PathTo(DataPath.Read(text)), computed => computed);
        if (argument.GetArrayLength() == 1) return new EachItem(array, null);
        if (argument[1].ValueKind != JsonValueKind.Object) return Fault($"{path}/1", $"must be an object, not {Kind(argument[1])}");
        return new EachItem(array, argument[1].EnumerateObject().Any() ? Value(argument[1], $"{path}/1") : null);
    }

    private Directive If(JsonElement options, string path)
    {
        var exists = options.TryGetProperty("exists", out var test) && IsTruthy(test);
        var blank = !exists && options.TryGetProperty("blank", out test) && IsTruthy(test);
        if (!exists && !blank) return Fault(path, "must have 'exists' or 'blank'");
        var otherwise = options.TryGetProperty("else", out var branch) && IsTruthy(branch) ? Value(branch, $"{path}/else") : Nothing;
        return new Choice(Value(test, $"{path}/{(exists ? "exists" : "blank")}"), blank, Optional(options, "then", path), otherwise);
    }

    private Directive Case(JsonElement options, string path)
    {
        var letters = Word(options, "operator", path, ["lower", "upper"]);
        var value = options.TryGetProperty("value", out var member) && IsTruthy(member) ? Value(member, $"{path}/value") : Nothing;
        return new LetterCase(letters == "upper", value);
    }

    private Directive Replace(JsonElement options, string path)
    {
        List<Replacement> replacements = [new(ShortText(options, "pattern", path, required: true), ShortText(options, "replacement", path, required: false))];
        if (options.TryGetProperty("pattern2", out _))
        {
            replacements.Add(new(ShortText(options, "pattern2", path, required: true), ShortText(options, "replacement2", path, required: false)));
        }
        var (ignoreCase, all) = (Flag(options, "ignorecase", path, otherwise: false), Flag(options, "global", path, otherwise: true));
        return new Replaced(replacements, ignoreCase, all, Required(options, "value", path, Value));
    }

    private Directive Merge(JsonElement options, string path)
    {
        var direction = Word(options, "direction", path, ["left", "right"]);
        if (!options.TryGetProperty("objects", out var objects) || objects.ValueKind != JsonValueKind.Array)
        {
            return Fault($"{path}/objects", "must be an array of objects and directives");
        }
        return new Merged([.. objects.EnumerateArray().Select((part, index) => ObjectValue(part, $"{path}/objects/{index}"))], lastWins: direction == "right");
    }

    private Directive Flatten(JsonElement options, string path)
    {
        if (!options.TryGetProperty("separator", out var separator) || separator.ValueKind != JsonValueKind.String)
        {
            return Fault($"{path}/separator", "must be the string between the names, such as \".\"");
        }
        return new Flattened(Required(options, "value", path, Value), separator.GetString()!, Flag(options, "omitArrays", path, false));
    }

    private Directive Json(JsonElement options, string path)
    {
        var mode = Word(options, "mode", path, ["encode", "decode"]);
        if (!options.TryGetProperty("value", out var value) || !IsTruthy(value)) return Fault($"{path}/value", "must be what is encoded or decoded");
        return mode == "encode" ? new Encoded(Value(value, $"{path}/value")) : new Decoded(Value(value, $"{path}/value"));
    }

    private Directive Transform(JsonElement options, string path) =>
        new Transformed(Required(options, "apply", path, ObjectValue), Required(options, "mapping", path, ObjectValue));

    private Directive Function(JsonElement options, string path)
    {
        var name = options.TryGetProperty("name", out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;
        var value = Required(options, "value", path, Value);
        string[] own = name switch { "e164" => ["region", "plus"], "date" => ["format"], "truncate" => ["length"], _ => [] };
        string[] known = ["name", "value", .. own];
        foreach (var option in options.EnumerateObject().Select(option => option.Name).Where(option => !known.Contains(option)))
        {
            Fault($"{path}/{option}", $"is not an option; write {string.Join(", ", known)}");
        }
        return name switch
        {
            "sha256" => new Computed(value, ValueFunction.Sha256),
            "number" => new Computed(value, ValueFunction.ToNumber),
            "integer" => new Computed(value, ValueFunction.ToInteger),
            "string" => new Computed(value, ValueFunction.ToText),
            "boolean" => new Computed(value, ValueFunction.ToBoolean),
            "trim" => new Computed(value, ValueFunction.Trim),
            "snakecase" => new Computed(value, ValueFunction.SnakeCase),
            "alphanumeric" => new Computed(value, ValueFunction.Alphanumeric),
            "truncate" => Truncate(options, value, path),
            "date" => Date(options, value, path),
            "e164" => Phone(options, value, path),
            _ => Fault($"{path}/name", $"must be one of the functions {Functions}"),
        };
    }

    private Directive Truncate(JsonElement options, Directive value, string path)
    {
        if (options.TryGetProperty("length", out var member) && member.ValueKind == JsonValueKind.Number && member.TryGetInt32(out var length) && length > 0)
        {
            return new Computed(value, found => ValueFunction.Truncate(found, length));
        }
        return Fault($"{path}/length", "must be how many characters to keep, an integer above 0");
    }

    private Directive Date(JsonElement options, Directive value, string path)
    {
        if (options.TryGetProperty("format", out var member) && member.ValueKind == JsonValueKind.String && DateFormat.Read(member.GetString()!) is { } format)
        {
            return new Computed(value, found => DateValue.Of(found) is { } time ? format.Write(time) : Datum.Missing);
        }
        return Fault($"{path}/format", "must be iso8601, unix_seconds, unix_milliseconds, unix_microseconds, or a pattern such as \"YYYY-MM-DD HH:mm:ss\"");
    }

    private Directive Phone(JsonElement options, Directive value, string path)
    {
        var plus = Flag(options, "plus", path, otherwise: true);
        if (!options.TryGetProperty("region", out var region)) return new InternationalPhone(value, null, plus);
        if (DirectiveName(region) is not null) return new InternationalPhone(value, Value(region, $"{path}/region"), plus);
        if (region.ValueKind == JsonValueKind.String && PhoneNumber.IsRegion(region.GetString()!))
        {
            return new InternationalPhone(value, new Fixed(Datum.Of(region)), plus);
        }
        return Fault($"{path}/region", "must be the ISO 3166 code of a region in capital letters, such as \"AT\", or a directive");
    }

    private Directive ObjectValue(JsonElement value, string path) =>
        value.ValueKind == JsonValueKind.Object ? Value(value, path) : Fault(path, $"must be an object or a directive, not {Kind(value)}");

    private Directive Required(JsonElement options, string name, string path, Func<JsonElement, string, Directive> read) =>
        options.TryGetProperty(name, out var value) ? read(value, $"{path}/{name}") : Fault($"{path}/{name}", "is missing");

    private Directive Optional(JsonElement options, string name, string path) =>
        options.TryGetProperty(name, out var value) ? Value(value, $"{path}/{name}") : Nothing;

    private string? Word(JsonElement options, string name, string path, string[] words)
    {
        var word = options.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        if (words.Contains(word)) return word;
        Fault($"{path}/{name}", $"must be {string.Join(" or ", words.Select(allowed => $"\"{allowed}\""))}");
        return null;
    }

    private string ShortText(JsonElement options, string name, string path, bool required)
    {
        if (!options.TryGetProperty(name, out var value))
        {
            if (required) Fault($"{path}/{name}", "is missing");
            return "";
        }
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { Length: <= MaxReplacement } text && (text.Length > 0 || !required)) return text;
        Fault($"{path}/{name}", $"must be a string of {(required ? "1 to" : "at most")} {MaxReplacement} characters");
        return "";
    }

    private bool Flag(JsonElement options, string name, string path, bool otherwise)
    {
        if (!options.TryGetProperty(name, out var value)) return otherwise;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) return value.GetBoolean();
        Fault($"{path}/{name}", $"must be true or false, not {Kind(value)}");
        return otherwise;
    }

    private Directive Fault(string path, string message)
    {
        _faults.Add($"{(path.Length == 0 ? "/" : path)} {message}");
        return Nothing;
    }

    private static bool IsTruthy(JsonElement value) => !Datum.Of(value).IsFalsy;

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "null",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        JsonValueKind.Number => "a number",
        JsonValueKind.String => "a string",
        JsonValueKind.Array => "an array",
        _ => DirectiveName(value) is null ? "an object" : "a directive",
    };

    [GeneratedRegex("^@[a-z][a-zA-Z0-9]+$")]
    private static partial Regex ValidName();
}
