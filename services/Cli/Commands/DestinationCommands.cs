using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cdp.Cli.Api;
using Cdp.Cli.Jobs;
using Cdp.Cli.Output;

namespace Cdp.Cli.Commands;

/// <summary><c>cdp destinations list|preview|test|replay</c>.</summary>
public static class DestinationCommands
{
    public static Command Create(CommandContext context) => new("destinations", "what destinations do with events")
    {
        List(context),
        Preview(context, "preview", "show what a destination would send for an event; sends nothing"),
        Preview(context, "test", "send an event to a destination once, and show the result"),
        Replay(context),
    };

    private static Command List(CommandContext context)
    {
        var command = new Command("list", "list the destinations with their subscriptions and state");
        context.SetAction(command, async (parsed, api, stopping) =>
        {
            var answer = await api.GetAsync("/v1/destinations", stopping);
            if (context.IsJson(parsed)) context.Printer.Json(answer);
            else context.Printer.Table(
                ["id", "type", "order", "waiting", "breaker", "rate", "subscriptions"],
                answer.GetProperty("destinations").EnumerateArray().Select(Row));
            return ExitCodes.Success;
        });
        return command;
    }

    private static List<string> Row(JsonElement destination)
    {
        var instance = destination.GetProperty("instance");
        var (breaker, rate) = instance.ValueKind == JsonValueKind.Object
            ? (Fields.Of(instance, "breaker"), Fields.Of(instance, "requests_per_second"))
            : ("", "");
        var subscriptions = destination.GetProperty("actions").EnumerateArray()
            .Select(action => (Name: Fields.Of(action, "action"), Condition: Fields.Of(action, "subscribe")))
            .Select(action => action.Name.Length > 0 ? $"{action.Name}: {action.Condition}" : action.Condition);
        return [.. Fields.Of(destination, "id", "type", "order", "waiting"), breaker, rate, string.Join("; ", subscriptions)];
    }

    private static Command Preview(CommandContext context, string name, string description)
    {
        var id = new Argument<string>("id") { Description = "the destination" };
        var file = new Option<string?>("--event") { Description = "a file with the event as JSON in Segment's format; - reads the standard input" };
        var record = new Option<string?>("--record") { Description = "a record with an event: TOPIC/PARTITION/OFFSET, such as deliveries.dead/3/12" };
        var command = new Command(name, description) { id, file, record };
        command.Validators.Add(result =>
        {
            if (result.GetValue(file) is null == result.GetValue(record) is null)
                result.AddError("give either --event FILE or --record TOPIC/PARTITION/OFFSET");
            else if (result.GetValue(record) is { } reference && Reference(reference) is null)
                result.AddError($"--record is '{reference}'; write TOPIC/PARTITION/OFFSET, such as deliveries.dead/3/12");
        });
        context.SetAction(command, async (parsed, api, stopping) =>
        {
            var body = parsed.GetValue(record) is { } reference
                ? new JsonObject { ["record"] = Reference(reference) }
                : new JsonObject { ["event"] = await ReadEventAsync(parsed.GetValue(file)!, stopping) };
            var answer = await api.PostAsync($"/v1/destinations/{Uri.EscapeDataString(parsed.GetRequiredValue(id))}/{name}", body.ToJsonString(), stopping);
            if (context.IsJson(parsed)) context.Printer.Json(answer);
            else Print(context.Printer, answer);
            return answer.GetProperty("outcome").GetString() == "unreadable" ? ExitCodes.Failure : ExitCodes.Success;
        });
        return command;
    }

    private static void Print(Printer printer, JsonElement answer)
    {
        switch (answer.GetProperty("outcome").GetString())
        {
            case "triggered":
                foreach (var action in answer.GetProperty("actions").EnumerateArray()) PrintAction(printer, action);
                break;
            case "filtered":
                printer.Line($"filtered: {Fields.Of(answer, "rule")}");
                break;
            case "not_subscribed":
                printer.Line("no action subscribes to the event; the subscriptions are:");
                foreach (var action in answer.GetProperty("actions").EnumerateArray()) printer.Line($"  {string.Join(' ', Fields.Of(action, "action", "subscribe"))}");
                break;
            default:
                printer.Line($"the event cannot be read: {Fields.Of(answer, "fault")}");
                break;
        }
    }

    private static void PrintAction(Printer printer, JsonElement action)
    {
        if (Fields.Of(action, "action") is { Length: > 0 } name) printer.Line($"action {name}");
        if (Fields.Of(action, "fault") is { Length: > 0 } fault) printer.Line($"no request can be made: {fault}");
        else printer.Line(Fields.Of(action, "request"));
        if (!action.TryGetProperty("result", out var result)) return;
        printer.Line("");
        printer.Line($"result: {Fields.Of(result, "result")} {Fields.Of(result, "status")} after {Fields.Of(result, "milliseconds")} ms");
        if (Fields.Of(result, "reason") is { Length: > 0 } reason) printer.Line($"reason: {reason}");
    }

    private static Command Replay(CommandContext context)
    {
        var id = new Argument<string>("id") { Description = "the destination" };
        var from = Arguments.Time("--from", "replay the events that were appended from then on", isRequired: true);
        var to = Arguments.Time("--to", "replay the events that were appended before then", isRequired: true);
        var options = new JobOptions();
        var command = new Command("replay", "send the events of the history to a destination; without --yes, show what would be sent") { id, from, to };
        options.AddTo(command);
        context.SetAction(command, (parsed, api, stopping) =>
        {
            var destination = parsed.GetRequiredValue(id);
            var first = Arguments.Text(Arguments.ParseTime(parsed.GetValue(from)!, context.Now)!.Value);
            var last = Arguments.Text(Arguments.ParseTime(parsed.GetValue(to)!, context.Now)!.Value);
            var criteria = new JsonObject { ["from"] = first, ["to"] = last };
            var repeated = $"cdp destinations replay {JobOptions.Quote(destination)} --from {first} --to {last}";
            var job = options.Request(parsed, $"/v1/destinations/{Uri.EscapeDataString(destination)}/replay", criteria, repeated, context.Now);
            return new PagedJob(api, context.Printer, context.Time).RunAsync(job, options.Pace(parsed), context.IsJson(parsed), stopping);
        });
        return command;
    }

    private static JsonObject? Reference(string text) =>
        text.Split('/') is [{ Length: > 0 } topic, var partition, var offset] && int.TryParse(partition, out var number) && long.TryParse(offset, out var at)
            ? new JsonObject { ["topic"] = topic, ["partition"] = number, ["offset"] = at }
            : null;

    private static async Task<JsonNode?> ReadEventAsync(string file, CancellationToken stopping)
    {
        try
        {
            return JsonNode.Parse(file == "-" ? await Console.In.ReadToEndAsync(stopping) : await File.ReadAllTextAsync(file, stopping));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ApiException($"{file} cannot be read: {e.Message}");
        }
        catch (JsonException e)
        {
            throw new ApiException($"{file}, line {e.LineNumber + 1}: not JSON; write one event as a JSON object");
        }
    }
}
