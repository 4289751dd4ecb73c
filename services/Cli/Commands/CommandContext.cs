using System.CommandLine;
using Cdp.Cli.Api;
using Cdp.Cli.Output;

namespace Cdp.Cli.Commands;

/// <summary>What the commands share.</summary>
/// <param name="Connection">The options that say where the API is.</param>
/// <param name="Http">Sends the requests.</param>
/// <param name="Time">The clock.</param>
/// <param name="Printer">Prints results and errors.</param>
public sealed record CommandContext(ConnectionOptions Connection, HttpClient Http, TimeProvider Time, Printer Printer)
{
    public DateTime Now => Time.GetUtcNow().UtcDateTime;

    public bool IsJson(ParseResult parsed) => Connection.IsJson(parsed);

    /// <summary>Gives a command its action. A failure of the API becomes an error message and the exit code 1.</summary>
    public void SetAction(Command command, Func<ParseResult, ApiClient, CancellationToken, Task<int>> run) => command.SetAction(async (parsed, stopping) =>
    {
        try
        {
            return await run(parsed, new ApiClient(Http, Connection.Url(parsed), Connection.Token(parsed), Time), stopping);
        }
        catch (ApiException e)
        {
            Printer.Error(e.Message);
            return ExitCodes.Failure;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            Printer.Error("interrupted");
            return ExitCodes.Failure;
        }
    });
}
