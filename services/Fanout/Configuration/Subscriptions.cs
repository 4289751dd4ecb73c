using Cdp.Destinations.Descriptions;
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

    /// <summary>
    /// The subscriptions of a file: those of its list <c>actions</c>, or a single one without a name, or if it describes none the presets of its type.
    /// </summary>
    public static IReadOnlyList<ConfiguredSubscription> Read(YamlSection file, DestinationDescription description)
    {
        var isSingle = new[] { "action", "subscribe", "events", "mapping" }.Any(key => file.Node(key) is not null);
        // A type whose only preset sends every event as it is needs no name for that.
        isSingle |= description.Presets is [{ Mapping: null }];
        if (file.Node("actions") is null) return isSingle ? [Read(file, "", description)] : Presets(file, description);
        var subscriptions = new List<ConfiguredSubscription>();
        foreach (var section in file.Sections("actions"))
        {
            var name = section.RequiredText("name", "give the action a name, which its records carry");
            if (name.Length > 0 && subscriptions.Any(other => other.Route.Name == name))
            {
                section.AddError("name", $"there is another action '{name}'; give each its own name");
            }
            subscriptions.Add(Read(section, name, description));
            section.RejectUnknownKeys();
        }
        if (subscriptions.Count == 0) file.AddError("actions", "the list is empty; add an action, or remove the key");
        return subscriptions;
    }

    private static IReadOnlyList<ConfiguredSubscription> Presets(YamlSection file, DestinationDescription description)
    {
        var chosen = file.Texts("presets");
        foreach (var name in chosen.Except(description.Presets.Select(preset => preset.Name)))
        {
            var names = string.Join(", ", description.Presets.Select(preset => preset.Name));
            file.AddError("presets", $"'{name}' is not a preset of {description.Type}; use {names}");
        }
        return
        [
            .. description.Presets.Where(preset => chosen.Count == 0 || chosen.Contains(preset.Name)).Select(preset => new ConfiguredSubscription(
                new ActionRoute(preset.Name, preset.Subscribe, preset.Mapping, description.Actions[preset.Action].Fields), preset.Action)),
        ];
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

    private static ConfiguredSubscription Read(YamlSection section, string name, DestinationDescription description)
    {
        var names = string.Join(", ", description.Actions.Keys);
        var action = description.Actions.Count == 1
            ? section.Text("action") ?? description.Actions.Keys.First()
            : section.RequiredText("action", $"write what {description.Type} does with the events: {names}");
        if (!description.Actions.TryGetValue(action, out var described))
        {
            if (action.Length > 0) section.AddError("action", $"'{action}' is not an action of {description.Type}; use {names}");
            described = description.Actions.Values.First();
        }
        return new ConfiguredSubscription(new ActionRoute(name, Subscription(section), Mapping(section, described), described.Fields), described.Name);
    }

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

    private static EventMapping? Mapping(YamlSection section, ActionDescription action)
    {
        var node = section.Node("mapping");
        List<string> errors = [];
        var mapping = action.Mapping(node is null ? null : YamlJson.Convert(node), errors);
        foreach (var error in errors) section.AddError(node, $"the mapping is not valid: {error}");
        return mapping;
    }
}
