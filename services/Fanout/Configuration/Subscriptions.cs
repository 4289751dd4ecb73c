using Cdp.Destinations.Filters;
using Cdp.Destinations.Fql;
using Cdp.Destinations.Mapping;
using Cdp.Destinations.Routing;
using Cdp.Hosting.Configuration;

namespace Cdp.Fanout.Configuration;

/// <summary>Reads which events trigger the actions of a destination, and how their fields are made.</summary>
internal static class Subscriptions
{
    private static readonly string[] Types = ["track", "identify", "page", "screen", "group", "alias", "merge"];

    /// <summary>The actions of a file: those of its list <c>actions</c>, or a single one without a name.</summary>
    public static IReadOnlyList<ActionRoute> Read(YamlSection file)
    {
        if (file.Node("actions") is null) return [Read(file, "")];
        var routes = new List<ActionRoute>();
        foreach (var section in file.Sections("actions"))
        {
            var name = section.RequiredText("name", "give the action a name, which its records carry");
            if (name.Length > 0 && routes.Any(route => route.Name == name)) section.AddError("name", $"there is another action '{name}'; give each its own name");
            routes.Add(Read(section, name));
            section.RejectUnknownKeys();
        }
        if (routes.Count == 0) file.AddError("actions", "the list is empty; add an action, or remove the key");
        return routes;
    }

    /// <summary>The filter of a file; null if it has none.</summary>
    public static EventFilter? Filter(YamlSection file)
    {
        if (file.Node("filters") is not { } node) return null;
        List<string> errors = [];
        var filter = EventFilter.Parse(YamlJson.Convert(node), errors);
        foreach (var error in errors) file.AddError(node, $"the filter is not valid: {error}");
        return filter;
    }

    private static ActionRoute Read(YamlSection section, string name) => new(name, Subscription(section), Mapping(section));

    private static FqlExpression Subscription(YamlSection section)
    {
        var (text, events) = (section.Text("subscribe"), section.Section("events"));
        if (text is not null && events is not null) section.AddError("events", "'subscribe' and 'events' are both set; keep one");
        try
        {
            return FqlExpression.Parse(text ?? (events is null ? "all" : Condition(events)));
        }
        catch (FqlException e)
        {
            section.AddError("subscribe", $"the condition is not valid: {e.Message}");
            return FqlExpression.Parse("all");
        }
    }

    // types and names, the short form of a condition.
    private static string Condition(YamlSection events)
    {
        var (types, names) = (events.Texts("types"), events.Texts("names"));
        foreach (var type in types.Except(Types)) events.AddError("types", $"'{type}' is not a type of event; use {string.Join(", ", Types)}");
        foreach (var name in names.Where(name => name.Contains('\'', StringComparison.Ordinal) && name.Contains('"', StringComparison.Ordinal)))
            events.AddError("names", $"the name {name} contains both kinds of quotes; write a condition with match() in 'subscribe' instead");
        events.RejectUnknownKeys();
        List<string> conditions = [];
        if (types.Count > 0) conditions.Add($"type in [{string.Join(", ", types.Select(Quote))}]");
        if (names.Count > 0) conditions.Add($"(type != \"track\" or event in [{string.Join(", ", names.Select(Quote))}])");
        return conditions.Count == 0 ? "all" : string.Join(" and ", conditions);
    }

    private static string Quote(string text) => text.Contains('"', StringComparison.Ordinal) ? $"'{text}'" : $"\"{text}\"";

    private static EventMapping? Mapping(YamlSection section)
    {
        if (section.Node("mapping") is not { } node) return null;
        try
        {
            return EventMapping.Parse(YamlJson.Convert(node));
        }
        catch (MappingException e)
        {
            section.AddError(node, $"the mapping is not valid: {e.Message}");
            return null;
        }
    }
}
