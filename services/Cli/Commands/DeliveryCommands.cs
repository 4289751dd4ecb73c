using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cdp.Cli.Api;
using Cdp.Cli.Jobs;
using Cdp.Cli.Output;

namespace Cdp.Cli.Commands;

/// <summary><c>cdp deliveries list|show|redrive</c>.</summary>
public static class DeliveryCommands
{
    private const int PageSize = 1_000;

    public static Command Create(CommandContext context) => new("deliveries", "what became of events")
    {
        List(context),
        Show(context),
        Redrive(context),
    };

    private static Command List(CommandContext context)
    {
        var destination = new Option<string?>("--destination") { Description = "only deliveries to this destination" };
        var outcome = new Option<string?>("--outcome") { Description = "only deliveries with this outcome" };
        outcome.AcceptOnlyFromAmong("delivered", "filtered", "dead", "waiting");
        var since = Arguments.Time("--since", "only deliveries that ended from then on (1h)", isRequired: false);
        var profile = new Option<string?>("--profile") { Description = "only deliveries of this profile id" };
        var limit = Arguments.Number("--limit", "the most deliveries", 50, 1, 100_000);
        var command = new Command("list", "list deliveries, the oldest first") { destination, outcome, since, profile, limit };
        context.SetAction(command, async (parsed, api, stopping) =>
        {
            var time = parsed.GetValue(since) is { } text ? Arguments.Text(Arguments.ParseTime(text, context.Now)!.Value) : null;
            List<(string Name, string? Value)> criteria =
                [("destination", parsed.GetValue(destination)), ("outcome", parsed.GetValue(outcome)), ("since", time), ("profile", parsed.GetValue(profile))];
            var most = parsed.GetValue(limit);
            var (found, hasMore) = await ReadAsync(api, criteria, most, stopping);
            if (context.IsJson(parsed)) context.Printer.Json(JsonSerializer.SerializeToElement(found));
            else Print(context.Printer, found);
            if (hasMore) context.Printer.Progress($"there are more than {most} deliveries; narrow the search, or raise --limit");
            return ExitCodes.Success;
        });
        return command;
    }

    private static async Task<(IReadOnlyList<JsonElement> Found, bool HasMore)> ReadAsync(
        ApiClient api, IReadOnlyList<(string Name, string? Value)> criteria, int limit, CancellationToken stopping)
    {
        var (found, cursor) = (new List<JsonElement>(), (string?)null);
        do
        {
            (string Name, string? Value)[] parameters = [.. criteria, ("limit", $"{Math.Min(PageSize, limit - found.Count)}"), ("cursor", cursor)];
            var query = string.Join('&', parameters.Where(one => one.Value is not null).Select(one => $"{one.Name}={Uri.EscapeDataString(one.Value!)}"));
            var page = await api.GetAsync($"/v1/deliveries?{query}", stopping);
            found.AddRange(page.GetProperty("deliveries").EnumerateArray());
            cursor = page.GetProperty("cursor").GetString();
        }
        while (cursor is not null && found.Count < limit);
        // The times of the API sort as texts.
        return ([.. found.OrderBy(delivery => Fields.Of(delivery, "at"), StringComparer.Ordinal)], cursor is not null);
    }

    private static void Print(Printer printer, IReadOnlyList<JsonElement> deliveries)
    {
        if (deliveries.Count == 0) printer.Line("no deliveries");
        else printer.Table(
            ["at", "outcome", "destination", "message", "status", "attempts", "reason", "record"],
            deliveries.Select(delivery => (IReadOnlyList<string>)
            [
                .. Fields.Of(delivery, "at", "outcome", "destination", "message_id", "status", "attempts", "reason"),
                string.Join('/', Fields.Of(delivery, "topic", "partition", "offset")),
            ]));
    }

    private static Command Show(CommandContext context)
    {
        var record = new Argument<string>("record") { Description = "the record as the list shows it: TOPIC/PARTITION/OFFSET" };
        record.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } text && text.Split('/').Length != 3)
                result.AddError($"'{text}' is not a record; write TOPIC/PARTITION/OFFSET, such as deliveries.dead/3/12");
        });
        var command = new Command("show", "show one delivery with everything that its record holds") { record };
        context.SetAction(command, async (parsed, api, stopping) =>
        {
            var path = string.Join('/', parsed.GetRequiredValue(record).Split('/').Select(Uri.EscapeDataString));
            context.Printer.Json(await api.GetAsync($"/v1/deliveries/{path}", stopping));
            return ExitCodes.Success;
        });
        return command;
    }

    private static Command Redrive(CommandContext context)
    {
        var destination = new Option<string>("--destination") { Description = "the destination", Required = true };
        var since = Arguments.Time("--since", "the deliveries that were given up from then on", isRequired: true);
        var until = Arguments.Time("--until", "the deliveries that were given up before then (now)", isRequired: false);
        var reason = new Option<string?>("--reason") { Description = "only those with this HTTP status, such as 503, or this text in their reason" };
        var options = new JobOptions();
        var command = new Command("redrive", "send dead deliveries again; without --yes, show what would be sent") { destination, since, until, reason };
        options.AddTo(command);
        context.SetAction(command, (parsed, api, stopping) =>
        {
            var criteria = new JsonObject { ["destination"] = parsed.GetRequiredValue(destination) };
            // The end is fixed here, so that the run after a dry run selects the same deliveries.
            criteria["since"] = Arguments.Text(Arguments.ParseTime(parsed.GetValue(since)!, context.Now)!.Value);
            criteria["until"] = Arguments.Text(parsed.GetValue(until) is { } end ? Arguments.ParseTime(end, context.Now)!.Value : context.Now);
            if (parsed.GetValue(reason) is { } text) criteria["reason"] = text;
            var repeated = $"cdp deliveries redrive {string.Join(' ', criteria.Select(one => $"--{one.Key} {JobOptions.Quote((string)one.Value!)}"))}";
            var job = options.Request(parsed, "/v1/deliveries/redrive", criteria, repeated, context.Now);
            return new PagedJob(api, context.Printer, context.Time).RunAsync(job, options.Pace(parsed), context.IsJson(parsed), stopping);
        });
        return command;
    }
}
