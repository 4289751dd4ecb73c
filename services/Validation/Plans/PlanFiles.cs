using Cdp.Hosting.Configuration;
using Cdp.Validation.Schemas;
using YamlDotNet.RepresentationModel;

namespace Cdp.Validation.Plans;

/// <summary>Reads the tracking plans of a folder, one from each file.</summary>
public static class PlanFiles
{
    private static readonly string[] Calls = ["$identify", "$page", "$screen", "$group"];

    /// <summary>Reads the plans, and adds every fault of every file to <paramref name="errors"/>.</summary>
    public static TrackingPlans Read(string folder, ICollection<string> errors)
    {
        var plans = new List<TrackingPlan>();
        var claimed = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in YamlSection.ReadFolder(folder, errors))
        {
            var plan = Plan(file);
            // A second plan for a source is a fault. Then the plans are not used, so it does not matter which plan the source keeps.
            var free = plan.Sources.Where(source => claimed.TryAdd(source, plan.Id)).ToList();
            foreach (var source in plan.Sources.Except(free))
            {
                file.AddError("sources", $"the source '{source}' is already in the plan '{claimed[source]}'; remove it from one of the two");
            }
            plans.Add(plan with { Sources = free });
        }
        return new TrackingPlans(plans);
    }

    private static TrackingPlan Plan(YamlSection file)
    {
        var id = file.RequiredText("id", "write a unique name for the plan");
        var version = file.Number("version", 1, 1, int.MaxValue);
        var sources = file.Texts("sources");
        if (sources.Count == 0) file.AddError("sources", "'sources' lists no source; write a list of source ids, or \"*\" for all");
        var actions = file.Section("on_violation") is { } section ? Actions(section) : [];
        var events = file.Section("events");
        var schemas = events is null ? [] : Schemas(events);
        if (events?.Members.Any() != true) file.AddError("events", "'events' lists no event; write NAME: {JSON Schema of its properties}");
        file.RejectUnknownKeys();
        return new TrackingPlan(id, version, [.. sources.Distinct()], actions.GetValueOrDefault("default", PlanAction.Block), actions, schemas);
    }

    private static Dictionary<string, PlanAction> Actions(YamlSection section)
    {
        var actions = new Dictionary<string, PlanAction>(StringComparer.Ordinal);
        foreach (var (kind, value) in section.Members)
        {
            if (kind != "default" && !ViolationKinds.All.Contains(kind))
            {
                var kinds = string.Join(", ", ViolationKinds.All.Order(StringComparer.Ordinal));
                section.AddError(value, $"'{kind}' is not a kind of violation; write default or one of {kinds}");
                continue;
            }
            string[] allowed = kind != "default" && ViolationKinds.CanOmit(kind) ? ["allow", "omit", "block"] : ["allow", "block"];
            if ((value as YamlScalarNode)?.Value is { } text && allowed.Contains(text)) actions[kind] = Enum.Parse<PlanAction>(text, ignoreCase: true);
            else section.AddError(value, $"'{kind}' has no such action; write one of {string.Join(", ", allowed)}");
        }
        return actions;
    }

    private static Dictionary<string, Schema> Schemas(YamlSection events)
    {
        var schemas = new Dictionary<string, Schema>(StringComparer.Ordinal);
        foreach (var (name, node) in events.Members)
        {
            if (name.StartsWith('$') && !Calls.Contains(name))
            {
                events.AddError(node, $"'{name}' is not a call; write one of {string.Join(", ", Calls)}, or the name of a track event");
            }
            schemas[name] = new SchemaReader(events).Read(node);
        }
        return schemas;
    }
}
