using System.Text.Encodings.Web;
using System.Text.Json;
using Spectre.Console;

namespace Cdp.Cli.Output;

/// <summary>Prints results to the output, and errors and progress to the error stream.</summary>
/// <param name="output">Receives results.</param>
/// <param name="error">Receives errors and progress.</param>
/// <param name="isTerminal">Whether the output is a terminal. Otherwise nothing is wrapped or colored, so that other programs can read it.</param>
public sealed class Printer(TextWriter output, TextWriter error, bool isTerminal)
{
    private const int WidthOfPipe = 10_000;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public void Line(string text) => output.WriteLine(text);

    public void Json(JsonElement json) => output.WriteLine(JsonSerializer.Serialize(json, Indented));

    public void Table(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Table().Border(isTerminal ? TableBorder.Rounded : TableBorder.None);
        // Events come from strangers: their texts must be neither markup nor control sequences.
        foreach (var column in columns) table.AddColumn(new TableColumn(Plain(column)).NoWrap());
        foreach (var row in rows) table.AddRow([.. row.Select(Plain)]);
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(output),
        });
        if (!isTerminal) console.Profile.Width = WidthOfPipe;
        console.Write(table);
    }

    public void Progress(string text) => error.WriteLine(text);

    public void Error(string text) => error.WriteLine($"cdp: {text}");

    private static Text Plain(string text) => new(new string([.. text.Select(character => char.IsControl(character) ? ' ' : character)]));
}
