using System.Text.Json.Nodes;
using Xunit;

namespace Cdp.Ingestion.Tests.Importing;

/// <summary>Parquet files and how their columns are converted.</summary>
[Trait("tier", "integration")]
public sealed class ParquetFileTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    private readonly Imports _imports = new(kafka);

    [Fact]
    public async Task Import_ParquetOfAnotherLibrary_KeepsNestingAndTypes()
    {
        var file = await ParquetSample.WriteAsync(rows: 3_000, rowsInGroup: 1_000);
        var answer = await _imports.SendAsync("fileId=table&format=parquet&type=track", file);
        var again = await _imports.SendAsync("fileId=table&format=parquet&type=track", file);
        var changed = await _imports.SendAsync(
            "fileId=table&format=parquet&type=track",
            await ParquetSample.WriteAsync(rows: 3_000, rowsInGroup: 500));

        Assert.Equal((3_000, 0, 3_000, 0), answer.Counts);
        Assert.Equal((3_000, 3_000, 0, 0), again.Counts);
        Assert.Equal((409, "file_changed"), (changed.Status, changed.ErrorCode));
        var events = _imports.EventsByLine("table");
        Assert.Equal(3_000, events.Count);
        Assert.Equal(("u7", ParquetSample.Time(7)), (events[7].userId, events[7].timestamp));
        Assert.Equal(ParquetSample.Properties(7), events[7].properties);
        Assert.Empty(Directory.GetFiles(kafka.Host.Imports));
    }

    [Theory]
    [InlineData("nanos-local.parquet")]
    [InlineData("nanos-utc.parquet")]
    public async Task Import_ParquetTimesInNanoseconds_AreRead(string file)
    {
        var answer = await _imports.SendAsync($"fileId={file}&format=parquet", await ReadSampleAsync(file));

        Assert.Equal((2, 0, 2, 0), answer.Counts);
        var events = _imports.EventsByLine(file);
        Assert.Equal(
            [new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddTicks(1_234_560), new DateTime(2020, 1, 1, 0, 0, 1, DateTimeKind.Utc)],
            events.OrderBy(e => e.Key).Select(e => e.Value.timestamp));
        Assert.Matches(@"^\{""at"":""2020-01-01T00:00:00\.123456(789)?Z""\}$", events[1].properties);
    }

    [Fact]
    public async Task Import_ParquetInfiniteTime_RejectsTheRow()
    {
        var answer = await _imports.SendAsync("fileId=infinite&format=parquet", await ReadSampleAsync("infinite-time.parquet"));

        Assert.Equal((2, 0, 1, 1), answer.Counts);
        Assert.Equal((1L, "unreadable_time"), (answer.Faults[0].Line, answer.Faults[0].Code));
    }

    [Fact]
    public async Task Import_ParquetWithoutRows_SucceedsEveryTime()
    {
        for (var i = 0; i < 2; i++)
        {
            var answer = await _imports.SendAsync("fileId=no-rows&format=parquet", await ReadSampleAsync("zero-rows.parquet"));
            Assert.Equal((200, true, (0, 0, 0, 0)), (answer.Status, answer.Success, answer.Counts));
        }
    }

    [Fact]
    public async Task Import_ParquetNamesThatDuckDbWouldChange_KeepsThem()
    {
        await _imports.SendAsync("fileId=case&format=parquet", await ReadSampleAsync("case-columns.parquet"));
        await _imports.SendAsync("fileId=escaped&format=parquet", await ReadSampleAsync("escaped-column-names.parquet"));
        await _imports.SendAsync("fileId=row-number&format=parquet", await ReadSampleAsync("file-row-number.parquet"));

        var inOtherCase = _imports.EventsByLine("case")[1];
        Assert.Equal(("cs-real", """{"USERID":"ADA","userid":"third"}"""), (inOtherCase.userId, inOtherCase.extra));
        var escaped = JsonNode.Parse(_imports.EventsByLine("escaped")[1].traits!)!.AsObject();
        Assert.Equal(["a\"b", "c\\d", "\U0001F680 rocket"], escaped.Select(trait => trait.Key));
        Assert.Equal("""{"file_row_number":7}""", _imports.EventsByLine("row-number")[1].extra);
    }

    [Fact]
    public async Task Import_ParquetColumnThatWouldBeMisread_NamesFileColumnAndRemedy()
    {
        var answer = await _imports.SendAsync("fileId=wide&format=parquet", await ReadSampleAsync("wide-decimal.parquet"));

        Assert.Equal((400, "invalid_parquet_columns"), (answer.Status, answer.ErrorCode));
        Assert.Equal(
            "'wide': the columns cannot be converted to events: column 'properties.price' is a decimal of 40 digits, of which only 38 can be read "
            + "exactly; cast it to a text or to fewer digits",
            answer.ErrorMessage);
    }

    private static Task<byte[]> ReadSampleAsync(string file) =>
        File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "Importing", "files", file), TestContext.Current.CancellationToken);
}
