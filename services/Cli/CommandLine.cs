using System.CommandLine;
using Cdp.Cli.Api;
using Cdp.Cli.Commands;
using Cdp.Cli.Output;

namespace Cdp.Cli;

/// <summary>The cdp command line.</summary>
/// <param name="http">Sends the requests.</param>
/// <param name="time">The clock.</param>
/// <param name="environment">Returns an environment variable; null if it is not set.</param>
/// <param name="output">Receives results.</param>
/// <param name="error">Receives errors and progress.</param>
/// <param name="isTerminal">Whether the output is a terminal.</param>
public sealed class CommandLine(
    HttpClient http, TimeProvider time, Func<string, string?> environment, TextWriter output, TextWriter error, bool isTerminal)
{
    /// <summary>Runs a command.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="stopping">Interrupts the command, as Ctrl-C does.</param>
    /// <returns>0 if the command succeeded, 1 if it failed, 2 if its arguments are wrong.</returns>
    public async Task<int> RunAsync(IReadOnlyList<string> args, CancellationToken stopping)
    {
        var connection = new ConnectionOptions(environment);
        var context = new CommandContext(connection, http, time, new Printer(output, error, isTerminal));
        var root = new RootCommand("Operates the destinations and deliveries of a Cdp.Streaming installation.");
        foreach (var option in connection.All) root.Add(option);
        root.Add(DestinationCommands.Create(context));
        root.Add(DeliveryCommands.Create(context));
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var fault in parsed.Errors) await error.WriteLineAsync($"cdp: {fault.Message}");
            await error.WriteLineAsync("cdp: --help lists the commands and options");
            return ExitCodes.WrongUsage;
        }
        // After Ctrl-C, a page in progress is finished.
        var configuration = new InvocationConfiguration { Output = output, Error = error, ProcessTerminationTimeout = TimeSpan.FromMinutes(1) };
        return await parsed.InvokeAsync(configuration, stopping);
    }
}
