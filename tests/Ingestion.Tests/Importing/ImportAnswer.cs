using System.Globalization;
using System.Text.Json.Nodes;

namespace Cdp.Ingestion.Tests.Importing;

/// <summary>A row that an import has rejected, as its answer lists it.</summary>
internal sealed record ImportFault(long Line, string Code, string Message)
{
    public override string ToString() => $"{Line} {Code} {Message}";
}

/// <summary>The answer to an upload.</summary>
internal sealed record ImportAnswer(int Status, string MediaType, IReadOnlyList<JsonObject> Lines)
{
    /// <summary>The last line: the summary of the import, or the reason of a refusal.</summary>
    public JsonObject Summary => Lines[^1];

    public bool Success => (bool)Summary["success"]!;

    public string? ErrorCode => (string?)Summary["error"]?["code"];

    public string? ErrorMessage => (string?)Summary["error"]?["message"];

    /// <summary>The number of rows read and, of these, the numbers of rows skipped (already imported), accepted and rejected.</summary>
    public (long Read, long Skipped, long Accepted, long Rejected) Counts => (Count("read"), Count("skipped"), Count("accepted"), Count("rejected"));

    public IReadOnlyList<ImportFault> Faults =>
        [.. Summary["faults"]!.AsArray().Select(fault => new ImportFault((long)fault!["line"]!, (string)fault["code"]!, (string)fault["message"]!))];

    public long Count(string name) => (long)Summary[name]!;

    public static async Task<ImportAnswer> ReadAsync(HttpResponseMessage response)
    {
        var lines = (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return new ImportAnswer((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType ?? "", [.. lines.Select(Parse)]);
    }

    /// <summary>Reads an answer as it came over the wire, in chunks.</summary>
    public static ImportAnswer ReadRaw(string text)
    {
        // A line of the answer is one chunk or several. The other lines are the headers and the lengths of the chunks.
        var lines = text.Split('\n').Where(line => line.StartsWith('{'));
        return new ImportAnswer(int.Parse(text.Split(' ')[1], CultureInfo.InvariantCulture), "", [.. lines.Select(Parse)]);
    }

    private static JsonObject Parse(string line) => JsonNode.Parse(line)!.AsObject();
}
