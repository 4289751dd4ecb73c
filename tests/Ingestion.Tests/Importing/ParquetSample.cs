using Parquet;
using Parquet.Schema;

namespace Cdp.Ingestion.Tests.Importing;

/// <summary>A Parquet file of events, written by Parquet.Net: column names with dots, a struct, a list, and missing values.</summary>
internal static class ParquetSample
{
    private static readonly DataField<string> UserId = new("userId", nullable: true);
    private static readonly DateTimeDataField Timestamp = new("timestamp", DateTimeFormat.Timestamp, isAdjustedToUTC: true);
    private static readonly DataField<string> Note = new("properties.note", nullable: true);
    private static readonly DecimalDataField Revenue = new("properties.revenue", 18, 4);
    private static readonly DataField<double> Share = new("properties.share");
    private static readonly DataField<int> Width = new("width");
    private static readonly DataField<bool> IsNew = new("isNew");
    private static readonly ListField Tags = new("properties.tags", new DataField<string>("element", nullable: true));
    private static readonly ParquetSchema Schema = new(UserId, Timestamp, Note, Revenue, Share, new StructField("properties.screen", Width, IsNew), Tags);

    public static DateTime Time(int row) => new DateTime(2021, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddMinutes(row);

    /// <summary>The properties of a row as the service writes them.</summary>
    /// <param name="row">The number of the row, from 1.</param>
    public static string Properties(int row)
    {
        var note = row % 2 == 0 ? $"\"note\":\"n{row}\"," : "";
        return $$$"""{{{{note}}}"revenue":{{{row}}}.2500,"share":0.5,"screen":{"width":{{{row}}},"isNew":true},"tags":["a","b"]}""";
    }

    public static async Task<byte[]> WriteAsync(int rows, int rowsInGroup)
    {
        using var file = new MemoryStream();
        await using (var writer = await ParquetWriter.CreateAsync(Schema, file))
        {
            for (var first = 1; first <= rows; first += rowsInGroup)
            {
                var numbers = Enumerable.Range(first, Math.Min(rowsInGroup, rows - first + 1)).ToArray();
                using var group = writer.CreateRowGroup();
                await group.WriteAsync(UserId, numbers.Select(row => $"u{row}").ToArray());
                await group.WriteAsync<DateTime>(Timestamp, numbers.Select(Time).ToArray());
                await group.WriteAsync(Note, numbers.Select(row => row % 2 == 0 ? $"n{row}" : null).ToArray()!);
                await group.WriteAsync<decimal>(Revenue, numbers.Select(row => row + 0.25m).ToArray());
                await group.WriteAsync<double>(Share, numbers.Select(_ => 0.5).ToArray());
                await group.WriteAsync<int>(Width, numbers.Select(row => (int?)row).ToArray());
                await group.WriteAsync<bool>(IsNew, numbers.Select(_ => (bool?)true).ToArray());
                await group.WriteAsync(
                    (DataField)Tags.Item,
                    numbers.SelectMany(_ => new[] { "a", "b" }).ToArray(),
                    numbers.SelectMany(_ => new[] { 0, 1 }).ToArray());
            }
        }
        return file.ToArray();
    }
}
