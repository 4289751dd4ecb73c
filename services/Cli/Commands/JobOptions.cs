using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Cdp.Cli.Jobs;

namespace Cdp.Cli.Commands;

/// <summary>The options of the commands that send events again.</summary>
public sealed class JobOptions
{
    private readonly Option<bool> _yes = new("--yes") { Description = "send the events; without it, nothing is written" };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "show what would be sent (the default)" };
    private readonly Option<string?> _rate = Arguments.Rate();
    private readonly Option<string?> _job = new("--job") { Description = "the name of the job, which its requests carry" };
    private readonly Option<string?> _cursor = new("--cursor") { Description = "continue an interrupted run, with the options that it printed" };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _yes, _dryRun, _rate, _job, _cursor }) command.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_yes) && result.GetValue(_dryRun)) result.AddError("--yes and --dry-run exclude each other; keep one");
        });
    }

    public Pace Pace(ParseResult parsed) => new(parsed.GetValue(_rate) is { } rate ? Arguments.ParseRate(rate) : null);

    /// <summary>The job that the options describe.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="path">The path of the API.</param>
    /// <param name="criteria">The members that say which events are selected.</param>
    /// <param name="command">The command with its criteria, to continue with; times are absolute.</param>
    /// <param name="now">The time, in UTC.</param>
    public JobRequest Request(ParseResult parsed, string path, JsonObject criteria, string command, DateTime now)
    {
        var isDryRun = !parsed.GetValue(_yes);
        var name = parsed.GetValue(_job) ?? string.Create(CultureInfo.InvariantCulture, $"cdp-{now:yyyyMMdd'T'HHmmss'Z'}");
        var rate = parsed.GetValue(_rate) is { } text ? $" --rate {text}" : "";
        // A dry run is followed by the real one; an interrupted run by its rest.
        var resume = isDryRun ? $"{command}{rate}" : $"{command}{rate} --job {name} --yes";
        return new JobRequest(path, criteria, name, isDryRun, parsed.GetValue(_cursor), resume);
    }

    /// <summary>An argument as a shell reads it.</summary>
    public static string Quote(string text) =>
        text.Length > 0 && text.All(character => char.IsAsciiLetterOrDigit(character) || "-_.:/".Contains(character))
            ? text
            : $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
