using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Importing;

/// <summary>The forms of files.</summary>
public enum ImportFormat
{
    Ndjson,
    Csv,
    Parquet,
}

/// <summary>What a request says of its file.</summary>
/// <param name="FileId">The sender's name for the file: under it the file is imported once.</param>
/// <param name="Format">Its form.</param>
/// <param name="Separator">What separates the fields of CSV.</param>
/// <param name="Mapping">The source's mapping that makes events of its rows; null: they are events.</param>
/// <param name="Type">The type of a row that names none; null: each must.</param>
public sealed record ImportRequest(string FileId, ImportFormat Format, byte Separator, string? Mapping, string? Type)
{
    private const int MaxFileId = 200;

    private static readonly string[] Parameters = ["fileId", "format", "separator", "mapping", "type"];

    /// <summary>What Kafka and people call the format.</summary>
    public string FormatName => Format.ToString().ToLowerInvariant();

    /// <param name="query">The query's parameters, each with all its values.</param>
    /// <param name="contentType">The Content-Type; null where there is none.</param>
    /// <param name="mappings">The names of the source's mappings.</param>
    /// <returns>What is asked for, or every fault of it.</returns>
    public static (ImportRequest? Request, Rejection? Refused) Read(IEnumerable<KeyValuePair<string, string>> query, string? contentType, IEnumerable<string> mappings)
    {
        var faults = new List<string>();
        var values = new Dictionary<string, string>();
        foreach (var (name, value) in query)
        {
            if (!Parameters.Contains(name)) faults.Add($"'{name}' is not a parameter here; use {string.Join(", ", Parameters)}, or remove it");
            else if (!values.TryAdd(name, value)) faults.Add($"'{name}' is given twice; give it once");
        }
        var request = new ImportRequest(
            Name(values.GetValueOrDefault("fileId"), faults),
            Kind(values.GetValueOrDefault("format"), contentType, faults),
            SeparatorOf(values.GetValueOrDefault("separator"), faults),
            values.GetValueOrDefault("mapping"),
            values.GetValueOrDefault("type"));
        if (values.ContainsKey("separator") && request.Format != ImportFormat.Csv) faults.Add("'separator' is for CSV alone; remove it, or send format=csv");
        if (request.Type is { } type && !IsType(type)) faults.Add($"type '{type}' is none of {string.Join(", ", EventTypes.ByPath.Values.Distinct())}");
        if (request.Type is not null && request.Mapping is not null) faults.Add("a mapping says itself what type its events are; remove 'type' or 'mapping'");
        if (request.Mapping is { } mapping && !mappings.Contains(mapping))
        {
            var known = string.Join(", ", mappings.Order(StringComparer.Ordinal));
            faults.Add($"the source has no mapping '{mapping}'; {(known.Length == 0 ? "add one under 'import' in the source's file" : $"use one of {known}, or add it under 'import' in the source's file")}");
        }
        return faults.Count == 0 ? (request, null) : (null, new Rejection(400, "invalid_import", string.Join("; ", faults)));
    }

    private static string Name(string? value, List<string> faults)
    {
        if (string.IsNullOrWhiteSpace(value)) faults.Add("'fileId' is missing; name the file, such as ?fileId=orders-2024-06.csv: sent again under the same name, it adds nothing twice");
        else if (value.Length > MaxFileId) faults.Add($"'fileId' has {value.Length} characters; {MaxFileId} are the most");
        else if (value.Any(c => char.IsControl(c) || char.IsSurrogate(c))) faults.Add("'fileId' holds characters that cannot be printed; use letters, digits and punctuation");
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
                var said = format is not null ? $"format '{format}'" : media is null ? "no Content-Type" : $"Content-Type '{media}'";
                faults.Add($"{said} does not say what the file is; send format=ndjson, csv or parquet, or Content-Type application/x-ndjson, text/csv or application/vnd.apache.parquet");
                return default;
        }
    }

    private static byte SeparatorOf(string? value, List<string> faults)
    {
        if (value is null) return (byte)',';
        if (value is "tab" or "\t") return (byte)'\t';
        if (value.Length == 1 && char.IsAscii(value[0]) && !char.IsControl(value[0]) && !char.IsAsciiLetterOrDigit(value[0]) && value[0] != '"') return (byte)value[0];
        faults.Add("'separator' is not one character such as %3B (;) or %7C (|), or tab; send one of them");
        return 0;
    }

    private static bool IsType(string type) => EventTypes.ByPath.Values.Contains(type);
}
