using Cdp.Hosting;
using NJsonSchema;
using YamlDotNet.RepresentationModel;

namespace Cdp.Validation.Plans;

/// <summary>Reads the tracking plans of a folder, one a file.</summary>
public static class PlanFiles
{
    private static readonly string[] Calls = ["$identify", "$page", "$screen", "$group"];

    /// <summary>The plans; every fault of every file goes to <paramref name="errors"/>.</summary>
    public static TrackingPlans Read(string folder, ICollection<string> errors)
    {
        var plans = new List<TrackingPlan>();
        var claimed = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in YamlSection.ReadFolder(folder, errors))
        {
            var plan = Plan(file);
            // The first plan of a source holds; that another claims it too is a fault, so the choice is never used.
            var free = plan.Sources.Where(source => claimed.TryAdd(source, plan.Id)).ToList();
            foreach (var source in plan.Sources.Except(free)) file.Fault("sources", $"the source '{source}' has the plan '{claimed[source]}' already; a source has one plan");
            plans.Add(plan with { Sources = free });
        }
        return new TrackingPlans(plans);
    }

    private static TrackingPlan Plan(YamlSection file)
    {
        var id = file.RequiredText("id", "give the plan a name of its own");
        var version = file.Number("version", 1, 1, int.MaxValue);
        var sources = file.Texts("sources");
        if (sources.Count == 0) file.Fault("sources", "'sources' names no source; write a list of source ids, or \"*\" for all");
        var actions = file.Section("on_violation") is { } section ? Actions(section) : [];
        var events = file.Section("events");
        var schemas = events is null ? [] : Schemas(events);
        if (events?.Members.Any() != true) file.Fault("events", "'events' names no event; write NAME: {JSON Schema of its properties}");
        file.RejectUnknownKeys();
        return new TrackingPlan(id, version, [.. sources.Distinct()], actions.GetValueOrDefault("default", PlanAction.Block), actions, schemas);
    }

    private static Dictionary<string, PlanAction> Actions(YamlSection section)
    {
        var actions = new Dictionary<string, PlanAction>(StringComparer.Ordinal);
        foreach (var (kind, value) in section.Members)
        {
            var omit = kind != "default" && ViolationKinds.CanOmit(kind);
            if (kind != "default" && !ViolationKinds.All.Contains(kind)) section.Fault(value, $"'{kind}' is not a kind of violation; use default, {string.Join(", ", ViolationKinds.All.Order(StringComparer.Ordinal))}");
            else if ((value as YamlScalarNode)?.Value is not ("allow" or "block" or "omit") || (!omit && ((YamlScalarNode)value).Value == "omit")) section.Fault(value, $"'{kind}' takes {(omit ? "allow, omit or block" : "allow or block")}");
            else actions[kind] = Enum.Parse<PlanAction>(((YamlScalarNode)value).Value!, ignoreCase: true);
        }
        return actions;
    }

    private static Dictionary<string, JsonSchema> Schemas(YamlSection events)
    {
        var schemas = new Dictionary<string, JsonSchema>(StringComparer.Ordinal);
        foreach (var (name, node) in events.Members)
        {
            if (name.StartsWith('$') && !Calls.Contains(name)) events.Fault(node, $"'{name}' is not a call; use {string.Join(", ", Calls)}, or the name of a track event");
            var json = new SchemaYaml(events).Schema(node).ToJsonString();
            try
            {
                // References stay within the schema, so that nothing is fetched and the task is complete.
                schemas[name] = JsonSchema.FromJsonAsync(json).GetAwaiter().GetResult();
            }
            catch (Exception e) when (e is InvalidOperationException or Newtonsoft.Json.JsonException)
            {
                events.Fault(node, $"the schema of '{name}' does not hold together: {e.Message}; mend its $ref");
            }
        }
        return schemas;
    }
}
