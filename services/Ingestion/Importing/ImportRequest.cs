using Cdp.Ingestion.Importing.Reading;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Parsing.Tokens;

namespace Cdp.Ingestion.Importing;

/// <summary>The supported file formats.</summary>
public enum ImportFormat
{
    Ndjson,
    Csv,
    Parquet,
}

/// <summary>The parameters of an import.</summary>
/// <param name="FileId">The sender's name for the file. A file is imported once under each name.</param>
/// <param name="Format">The format of the file.</param>
/// <param name="Separator">The character between the fields of CSV.</param>
/// <param name="Mapping">The name of the source's mapping that turns rows into events; null if the rows are events.</param>
/// <param name="Type">The event type of rows that have none; null if each row must have one.</param>
public sealed record ImportRequest(string FileId, ImportFormat Format, byte Separator, string? Mapping, string? Type)
{
    private const int MaxFileId = 200;

    private static readonly string[] Parameters = ["fileId", "format", "separator", "mapping", "type"];

    /// <summary>The name of the format in checkpoints and messages.</summary>
    public string FormatName => Format.ToString().ToLowerInvariant();

    /// <summary>
    /// Everything besides the file that determines its events. All names are always present, so an empty dictionary in an old checkpoint means that its
    /// settings are unknown.
    /// </summary>
    /// <param name="rules">The fingerprint of the mapping; null if there is none.</param>
    public IReadOnlyDictionary<string, string> Settings(string? rules) => new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["format"] = FormatName,
        ["mapping"] = Mapping ?? "",
        ["rules"] = rules ?? "",
        ["separator"] = Format == ImportFormat.Csv ? ((char)Separator).ToString() : "",
        ["type"] = Type ?? "",
    };

    /// <param name="query">The query parameters. A parameter that occurs twice is passed twice.</param>
    /// <param name="contentType">The Content-Type; null if there is none.</param>
    /// <param name="mappings">The names of the source's mappings.</param>
    /// <returns>The request, or a refusal that lists every error.</returns>
    public static (ImportRequest? Request, Rejection? Refused) Read(
        IEnumerable<KeyValuePair<string, string>> query, string? contentType, IEnumerable<string> mappings)
    {
        var faults = new List<string>();
        var values = new Dictionary<string, string>();
        foreach (var (name, value) in query)
        {
            if (!Parameters.Contains(name)) faults.Add($"{ErrorText.Quote(name)} is not a parameter here; use {string.Join(", ", Parameters)}, or remove it");
            else if (!values.TryAdd(name, value)) faults.Add($"'{name}' is given twice; give it once");
        }
        var request = new ImportRequest(
            Name(values.GetValueOrDefault("fileId"), faults),
            Kind(values.GetValueOrDefault("format"), contentType, faults),
            SeparatorOf(values.GetValueOrDefault("separator"), faults),
            values.GetValueOrDefault("mapping"),
            values.GetValueOrDefault("type"));
        if (values.ContainsKey("separator") && request.Format != ImportFormat.Csv) faults.Add("'separator' is only for CSV; remove it, or send format=csv");
        if (request.Type is { } type && !EventTypes.ByPath.Values.Contains(type))
        {
            faults.Add($"type {ErrorText.Quote(type)} is not an event type; use one of {string.Join(", ", EventTypes.ByPath.Values.Distinct())}");
        }
        if (request.Type is not null && request.Mapping is not null) faults.Add("a mapping sets the type of its events; remove 'type' or 'mapping'");
        if (request.Mapping is { } mapping && !mappings.Contains(mapping))
        {
            var known = string.Join(", ", mappings.Order(StringComparer.Ordinal));
            var alternative = known.Length == 0 ? "" : $"use one of {known}, or ";
            faults.Add($"the source has no mapping {ErrorText.Quote(mapping)}; {alternative}add it under 'import' in the source's file");
        }
        return faults.Count == 0 ? (request, null) : (null, new Rejection(400, "invalid_import", ErrorText.Join(faults)));
    }

    private static string Name(string? value, List<string> faults)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            faults.Add("'fileId' is missing; name the file, for example ?fileId=orders-2024-06.csv: sent again under the same name, it is imported only once");
        }
        else if (value.Length > MaxFileId)
        {
            faults.Add($"'fileId' has {value.Length} characters; use at most {MaxFileId}");
        }
        else if (value.Any(c => char.IsControl(c) || char.IsSurrogate(c)))
        {
            faults.Add("'fileId' contains characters that cannot be printed; use letters, digits and punctuation");
        }
        return value ?? "";
    }

    private static ImportFormat Kind(string? format, string? contentType, List<string> faults)
    {
        var media = contentType?.Split(';')[0].Trim().ToLowerInvariant();
        switch (format ?? media)
        {
            case "ndjson" when format is not null:
            case "application/x-ndjson" or "application/ndjson" or "application/jsonl" or "application/x-jsonlines" when format is null:
                return ImportFormat.Ndjson;
            case "csv" when format is not null:
            case "text/csv" when format is null:
                return ImportFormat.Csv;
            case "parquet" when format is not null:
            case "application/vnd.apache.parquet" when format is null:
                return ImportFormat.Parquet;
            default:
                var unknown = format is not null ? $"the format {ErrorText.Quote(format)} is unknown"
                    : media is null ? "the format is missing"
                    : $"Content-Type {ErrorText.Quote(media)} is not a supported format";
                faults.Add(
                    $"{unknown}; send format=ndjson, csv or parquet, or Content-Type application/x-ndjson, text/csv or application/vnd.apache.parquet");
                return default;
        }
    }

    private static byte SeparatorOf(string? value, List<string> faults)
    {
        if (value is null) return (byte)',';
        if (value is "tab" or "\t") return (byte)'\t';
        if (value is [var c] && char.IsAscii(c) && !char.IsControl(c) && !char.IsAsciiLetterOrDigit(c) && c != '"') return (byte)c;
        faults.Add("'separator' must be a single character such as %3B (;) or %7C (|), or the word tab");
        return 0;
    }
}
