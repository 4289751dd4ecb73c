using System.Text.Json;
using Cdp.Destinations.Fql;
using Cdp.Destinations.Mapping;
using Cdp.Destinations.Values;

namespace Cdp.Destinations.Filters;

/// <summary>Reads a filter and collects every fault with its path, such as <c>/0/sample/percent</c>.</summary>
internal sealed class FilterReader(ICollection<string> errors)
{
    private const int MaxSteps = 100;

    private static readonly string[] Actions = ["drop", "sample", "drop_properties", "allow_properties", "map_properties", "hash_properties"];

    private readonly List<string> _warnings = [];
    private int _faults;

    public static EventFilter? Read(JsonElement filter, ICollection<string> errors)
    {
        var reader = new FilterReader(errors);
        if (filter.ValueKind != JsonValueKind.Array || filter.GetArrayLength() > MaxSteps)
        {
            reader.Fault("/", $"must be a list of at most {MaxSteps} steps, such as [{{\"if\": \"type = 'page'\", \"drop\": true}}]");
            return null;
        }
        List<Step> steps = [.. filter.EnumerateArray().Select((step, index) => reader.ReadStep(step, index)).OfType<Step>()];
        return reader._faults == 0 ? new EventFilter(steps, reader._warnings) : null;
    }

    private Step? ReadStep(JsonElement step, int index)
    {
        var path = $"/{index}";
        if (step.ValueKind != JsonValueKind.Object) return Fault<Step>(path, "must be an object");
        var (name, condition, actions) = (null as string, null as FqlExpression, new List<(string Name, FilterAction? Action)>());
        foreach (var member in step.EnumerateObject())
        {
            if (member.Name == "name") name = Text(member.Value, $"{path}/name");
            else if (member.Name == "if") condition = Condition(member.Value, $"{path}/if");
            else if (Actions.Contains(member.Name)) actions.Add((member.Name, Action(member.Name, member.Value, $"{path}/{member.Name}")));
            else Fault($"{path}/{member.Name}", $"is not known; a step has name, if and one of {string.Join(", ", Actions)}");
        }
        if (actions.Count != 1) return Fault<Step>(path, $"has {actions.Count} actions; a step has one of {string.Join(", ", Actions)}");
        return actions[0].Action is { } action ? new Step(name ?? $"step {index + 1} ({actions[0].Name})", condition, action) : null;
    }

    private FilterAction? Action(string name, JsonElement value, string path) => name switch
    {
        "drop" when value.ValueKind == JsonValueKind.True => new Drop(),
        "drop" => Fault<FilterAction>(path, "must be true"),
        "sample" => Sample(value, path),
        "drop_properties" => new DropProperties(PropertiesOf(value, path)),
        "allow_properties" => new AllowProperties(PropertiesOf(value, path)),
        "hash_properties" => new HashProperties(PropertiesOf(value, path)),
        _ => new MapProperties(Maps(value, path)),
    };

    private Sample? Sample(JsonElement value, string path)
    {
        if (!IsObject(value, path, "such as {\"percent\": 0.1, \"path\": \"userId\"}")) return null;
        Only(value, path, "percent", "path");
        if (!value.TryGetProperty("percent", out var percent) || percent.ValueKind != JsonValueKind.Number || percent.GetDouble() is not (>= 0 and <= 1))
        {
            return Fault<Sample>($"{path}/percent", "must be the fraction of the events to keep, a number from 0 to 1");
        }
        var by = value.TryGetProperty("path", out var at) ? Text(at, $"{path}/path", mayBeEmpty: true) : null;
        return new Sample(percent.GetDouble(), string.IsNullOrEmpty(by) ? null : DataPath.Read(by));
    }

    private List<Properties> PropertiesOf(JsonElement value, string path)
    {
        List<Properties> properties = [];
        if (!IsObject(value, path, "of paths and lists of names, such as {\"context\": [\"ip\"]}; the path \"\" is the event itself")) return properties;
        foreach (var member in value.EnumerateObject())
        {
            var at = $"{path}/{member.Name}";
            if (member.Value.ValueKind != JsonValueKind.Array || member.Value.EnumerateArray().Any(name => name.ValueKind != JsonValueKind.String))
            {
                Fault(at, "must be a list of names, such as [\"email\", \"phone\"]");
            }
            else properties.Add(new(DataPath.Read(member.Name), member.Value.EnumerateArray().Select(name => name.GetString()!).ToHashSet()));
        }
        return properties;
    }

    private List<PropertyMap> Maps(JsonElement value, string path)
    {
        List<PropertyMap> maps = [];
        if (!IsObject(value, path, "of paths and what happens there, such as {\"properties.total\": {\"copy\": \"properties.amount\"}}")) return maps;
        foreach (var member in value.EnumerateObject())
        {
            if (Map(member, $"{path}/{member.Name}") is { } map) maps.Add(map);
        }
        return maps;
    }

    private PropertyMap? Map(JsonProperty member, string path)
    {
        var (value, target) = (member.Value, DataPath.Read(member.Name));
        if (target.Names.Count == 0) return Fault<PropertyMap>(path, "must name a member of the event");
        if (!IsObject(value, path, "with copy, move or set, and optionally to_string")) return null;
        Only(value, path, "copy", "move", "set", "to_string");
        var copies = value.TryGetProperty("copy", out var copy);
        var moves = value.TryGetProperty("move", out var move);
        var sets = value.TryGetProperty("set", out var set);
        var texts = value.TryGetProperty("to_string", out var flag);
        if (texts && flag.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            Fault($"{path}/to_string", "must be true or false");
        }
        string[] given = [.. new[] { copies ? "copy" : "", moves ? "move" : "", sets ? "set" : "" }.Where(name => name.Length > 0)];
        if (given.Length > 1 || (given.Length == 0 && !texts))
        {
            return Fault<PropertyMap>(path, "must have one of copy, move and set, or only to_string");
        }
        var from = copies ? Text(copy, $"{path}/copy") : moves ? Text(move, $"{path}/move") : null;
        if ((copies || moves) && from is null) return null;
        var source = from is null ? null : DataPath.Read(from);
        if (source is { Names.Count: 0 }) return Fault<PropertyMap>($"{path}/{given[0]}", "must name a member of the event");
        if (moves && source!.Names.SequenceEqual(target.Names))
        {
            return Fault<PropertyMap>($"{path}/move", "must name another member than the one it is moved to");
        }
        return new PropertyMap(target, source, moves, sets ? Datum.Of(set) : null, texts && flag.ValueKind == JsonValueKind.True);
    }

    private FqlExpression? Condition(JsonElement value, string path)
    {
        if (Text(value, path) is not { } text) return null;
        try
        {
            var condition = FqlExpression.Parse(text);
            _warnings.AddRange(condition.Warnings.Select(warning => $"{path} {warning}"));
            return condition;
        }
        catch (FqlException fault)
        {
            return Fault<FqlExpression>(path, fault.Message);
        }
    }

    private string? Text(JsonElement value, string path, bool mayBeEmpty = false)
    {
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { } text && (mayBeEmpty || text.Length > 0)) return text;
        return Fault<string>(path, mayBeEmpty ? "must be a string" : "must be a string that is not empty");
    }

    private bool IsObject(JsonElement value, string path, string such)
    {
        if (value.ValueKind == JsonValueKind.Object) return true;
        Fault(path, $"must be an object {such}");
        return false;
    }

    private void Only(JsonElement value, string path, params string[] names)
    {
        foreach (var member in value.EnumerateObject().Where(member => !names.Contains(member.Name)))
        {
            Fault($"{path}/{member.Name}", $"is not known; write {string.Join(", ", names)}");
        }
    }

    private T? Fault<T>(string path, string message) where T : class
    {
        Fault(path, message);
        return null;
    }

    private void Fault(string path, string message)
    {
        _faults++;
        errors.Add($"{path} {message}");
    }
}
