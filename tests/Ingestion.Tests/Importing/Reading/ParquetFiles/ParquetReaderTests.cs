using System.Text;
using System.Text.Json.Nodes;
using Cdp.Ingestion.Importing;
using Cdp.Ingestion.Importing.Reading;
using Parquet.Schema;
using Xunit;
using ParquetReader = Cdp.Ingestion.Importing.Reading.ParquetFiles.ParquetReader;
using ParquetSchema = Parquet.Schema.ParquetSchema;
using ParquetWriter = Parquet.ParquetWriter;

namespace Cdp.Ingestion.Tests.Importing.Reading.ParquetFiles;

/// <summary>The JSON that Parquet rows are converted to: every type, flat and nested, and column names that are kept or refused.</summary>
public sealed class ParquetReaderTests : IDisposable
{
    // The two rows of types.parquet, which has a column for each type (see files/write.mjs). They are read once for all tests.
    private static readonly Lazy<Task<List<string>>> Types = new(ReadTypesAsync);

    private readonly string _folder = Directory.CreateTempSubdirectory("parquet-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string, string> Values => new()
    {
        { "boolean", "true" },
        { "float", "0.1" },
        { "double", "55520.0" },
        { "float16", "1.5" },
        { "string", "\"Zoë \\\"z\\\" \\\\ \U0001F680\"" },
        { "enum", "\"GOLD\"" },
        { "json", """{"a":[1,null],"b":"c"}""" },
        { "bson", "\"AAEC/f7/\"" },
        { "binary", "\"AAEC/f7/\"" },
        { "fixed", "\"AAEC/f7/\"" },
        { "uuid", "\"00010203-0405-0607-0809-0a0b0c0d0e0f\"" },
        { "date", "\"2020-01-01\"" },
        { "interval", "\"1 month 2 days 00:00:00.003\"" },
        { "decimal_int32", "55520" },
        { "decimal_int64", "123456789012345.6789" },
        { "decimal_fixed", "123456789012345678901234567890123456.78" },
        { "decimal_binary", "-1.234" },
        { "int8", "-128" },
        { "uint8", "255" },
        { "int16", "-32768" },
        { "uint16", "65535" },
        { "int32", "-2147483648" },
        { "uint32", "4294967295" },
        { "int64", "-9223372036854775808" },
        { "uint64", "18446744073709551615" },
        { "timestamp_millis_utc", "\"2020-01-01T00:00:00.123000Z\"" },
        { "timestamp_millis_local", "\"2020-01-01T00:00:00.123000Z\"" },
        { "timestamp_millis_converted", "\"2020-01-01T00:00:00.123000Z\"" },
        { "timestamp_micros_utc", "\"2020-01-01T00:00:00.123456Z\"" },
        { "timestamp_micros_local", "\"2020-01-01T00:00:00.123456Z\"" },
        { "timestamp_micros_converted", "\"2020-01-01T00:00:00.123456Z\"" },
        { "timestamp_nanos_utc", "\"2020-01-01T00:00:00.123456Z\"" },
        { "timestamp_nanos_local", "\"2020-01-01T00:00:00.123456789Z\"" },
        { "time_millis_utc", "\"23:59:59.123+00\"" },
        { "time_millis_local", "\"23:59:59.123\"" },
        { "time_micros_utc", "\"23:59:59.123456+00\"" },
        { "time_micros_local", "\"23:59:59.123456\"" },
        { "time_nanos_utc", "\"23:59:59.123456+00\"" },
        { "time_nanos_local", "\"23:59:59.123456789\"" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public async Task Read_EveryTypeAndUnit_WritesItsJsonFlatAndNested(string type, string json)
    {
        var rows = await Types.Value;

        Assert.Equal(2, rows.Count);
        Assert.Contains($$$"""
            "{{{type}}}":{"flat":{{{json}}},"list":[{{{json}}},null],"struct":{"inner \"x\"":{{{json}}}},"map":{"a key":{{{json}}}}}
            """, rows[0], StringComparison.Ordinal);
        Assert.Contains($$"""
            "{{type}}":{}
            """, rows[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_TypesOfTheSampleFile_AreAllCovered() =>
        Assert.Equal(JsonNode.Parse((await Types.Value)[0])!.AsObject().Select(member => member.Key).Order(), Values.Select(row => row.Data.Item1).Order());

    [Fact]
    public async Task Read_ImpalaTimestamps_AreUtc()
    {
        var field = new DateTimeDataField("at", DateTimeFormat.Impala);

        Assert.Equal(
            """{"at":"2020-01-01T01:02:03.000000Z"}""",
            Assert.Single(await RowsAsync(await WriteAsync(field, [new DateTime(2020, 1, 1, 1, 2, 3, DateTimeKind.Utc)]))));
    }

    [Fact]
    public async Task Read_NumbersThatJsonLacks_AreOmitted()
    {
        var field = new DataField<double>("a");

        Assert.Equal(["{}", "{}", """{"a":1e300}"""], await RowsAsync(await WriteAsync(field, [double.NaN, double.PositiveInfinity, 1e300])));
    }

    [Theory]
    [InlineData("case-columns.parquet", """{"type":"track","event":"E","USERID":"ADA","userId":"cs-real","userid":"third"}""")]
    [InlineData("numbered-columns.parquet", """{"type":"track","event":"E","USERID":"ADA","userId_1":"cs-real","anonymousId":"anon-1"}""")]
    [InlineData("map-with-a-key-twice.parquet", """{"properties":{"a":"1","a":"2"}}""")]
    [InlineData("empty-type.parquet", """{"type":"track","properties":{}}""")]
    public async Task Read_ConflictingNames_KeepsTheNamesOfTheFile(string file, string json) => Assert.Equal(json, Assert.Single(await RowsAsync(File(file))));

    [Fact]
    public async Task Read_NamesWithQuotesBackslashesAndEmoji_KeepsThem()
    {
        var traits = JsonNode.Parse(Assert.Single(await RowsAsync(File("escaped-column-names.parquet"))))!["traits"]!.AsObject();

        Assert.Equal(["a\"b", "c\\d", "\U0001F680 rocket"], traits.Select(trait => trait.Key));
    }

    [Fact]
    public async Task Read_ColumnNamedFileRowNumber_IsAnOrdinaryColumn() =>
        Assert.Equal(7, (int)JsonNode.Parse(Assert.Single(await RowsAsync(File("file-row-number.parquet"))))!["file_row_number"]!);

    [Fact]
    public async Task Read_FolderThatLooksLikeAPartition_AddsNoColumn()
    {
        var rows = await RowsAsync(File("map-with-a-key-twice.parquet"), Path.Combine(_folder, "day=1"));
        Assert.Equal("""{"properties":{"a":"1","a":"2"}}""", Assert.Single(rows));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2_999)]
    [InlineData(3_000)]
    public async Task SkipAsync_ToARow_ContinuesAfterIt(int rows)
    {
        var file = await ParquetSample.WriteAsync(3_000, rowsInGroup: 700);
        await using var reader = Open(file);
        Assert.Null(await reader.OpenAsync(TestContext.Current.CancellationToken));
        var end = new FilePosition(rows, rows, System.Security.Cryptography.SHA256.HashData(file));
        Assert.True(await reader.SkipAsync(end, TestContext.Current.CancellationToken));
        using var batch = new RowBatch();
        await reader.ReadAsync(batch, TestContext.Current.CancellationToken);

        Assert.Equal(3_000 - rows, batch.Rows.Count);
        if (rows == 3_000) return;
        Assert.Equal(rows + 1, batch.Rows[0].Line);
        Assert.StartsWith($"{{\"userId\":\"u{rows + 1}\"", Encoding.UTF8.GetString(batch.Of(batch.Rows[0])), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("same-columns.parquet", "invalid_parquet_columns", "column 2, 'userId', has the same place as column 1, 'userId'; rename one of them")]
    [InlineData(
        "case-members.parquet", "invalid_parquet_columns",
        "column 'properties.PLAN' differs from another member of 'properties' only in case or not at all; rename one of them")]
    [InlineData(
        "wide-decimal.parquet", "invalid_parquet_columns",
        "column 'properties.price' is a decimal of 40 digits, of which only 38 can be read exactly; cast it to a text or to fewer digits")]
    [InlineData(
        "logical-type-alone.parquet", "invalid_parquet_columns",
        "column 'properties.price' has the logical type DecimalType without the converted type that many readers need; write the file with both, as "
        + "Arrow and parquet-java do")]
    [InlineData("control-character.parquet", "invalid_parquet_columns", "column 1, 'properties.a\\u000Ab', contains the control character U+000A; rename it")]
    public async Task OpenAsync_ColumnThatWouldBeMisread_NamesColumnAndRemedy(string file, string code, string fault)
    {
        await using var reader = Open(File(file));
        var refused = await reader.OpenAsync(TestContext.Current.CancellationToken);

        Assert.Equal((400, code, $"the columns cannot be converted to events: {fault}"), (refused!.Status, refused.Code, refused.Message));
    }

    [Fact]
    public async Task OpenAsync_TypeThatDuckDbCannotRead_NamesTheRemedy()
    {
        await using var reader = Open(File("bson-converted.parquet"));
        var refused = await reader.OpenAsync(TestContext.Current.CancellationToken);

        Assert.Equal(
            ("invalid_parquet", "it cannot be read as Parquet; write the file again, or send it as NDJSON or CSV: IO Error: Unsupported converted type (20)"),
            (refused!.Code, refused.Message));
    }

    [Fact]
    public async Task ReadAsync_TextThatIsNotUtf8_NamesTheRemedy()
    {
        var broken = await Assert.ThrowsAsync<BrokenFileException>(() => RowsAsync(File("bad-utf8.parquet")));

        Assert.Equal("invalid_parquet", broken.Reason.Code);
        Assert.StartsWith("it cannot be read as Parquet; write the file again, or send it as NDJSON or CSV: ", broken.Reason.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Path.GetTempPath(), broken.Reason.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_NoRows_EndsImmediately() => Assert.Empty(await RowsAsync(File("zero-rows.parquet")));

    private static byte[] File(string name) => System.IO.File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Importing", "files", name));

    private static async Task<byte[]> WriteAsync<T>(DataField field, T[] values)
        where T : struct
    {
        using var file = new MemoryStream();
        await using (var writer = await ParquetWriter.CreateAsync(new ParquetSchema(field), file, cancellationToken: TestContext.Current.CancellationToken))
        {
            using var group = writer.CreateRowGroup();
            await group.WriteAsync<T>(field, values, cancellationToken: TestContext.Current.CancellationToken);
        }
        return file.ToArray();
    }

    private ParquetReader Open(byte[] file) => Open(file, _folder);

    private static ParquetReader Open(byte[] file, string folder) => new(new MemoryStream(file), new ImportOptions { Folder = folder }.Parquet());

    private static async Task<List<string>> ReadTypesAsync()
    {
        var folder = Directory.CreateTempSubdirectory("parquet-types-").FullName;
        try
        {
            return await RowsAsync(File("types.parquet"), folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private Task<List<string>> RowsAsync(byte[] file) => RowsAsync(file, _folder);

    private static async Task<List<string>> RowsAsync(byte[] file, string folder)
    {
        await using var reader = Open(file, folder);
        Assert.Null(await reader.OpenAsync(TestContext.Current.CancellationToken));
        var rows = new List<string>();
        while (true)
        {
            using var batch = new RowBatch();
            await reader.ReadAsync(batch, TestContext.Current.CancellationToken);
            rows.AddRange(batch.Rows.Select(row => Encoding.UTF8.GetString(batch.Of(row))));
            if (batch.IsLast) return rows;
        }
    }
}
