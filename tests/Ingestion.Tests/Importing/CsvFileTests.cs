using System.Text;
using Cdp.Ingestion.Importing;
using Xunit;

namespace Cdp.Ingestion.Tests.Importing;

/// <summary>CSV files and how their columns are converted.</summary>
[Trait("tier", "integration")]
public sealed class CsvFileTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    private readonly Imports _imports = new(kafka);

    [Fact]
    public async Task Import_CsvColumnsNamedByPath_BuildsEvents()
    {
        var answer = await _imports.SendAsync(
            "fileId=orders.csv&format=csv&separator=%3B&type=track",
            "\uFEFFtype;userId;event;timestamp;properties.revenue;properties.zip:string;properties.note;properties.items:json;properties.gift\r\n"
            + ";007;Order;2020-01-02 03:04:05;9.90;01234;\"two\nlines; \"\"quoted\"\"\";\"[{\"\"sku\"\":1}]\";true\r\n"
            + "identify;8;;;;;;;\r\n"
            + "track;9;Order\r\n"
            + "track;9;Order;;much;;;not json;\r\n");

        Assert.Equal((4, 0, 2, 2), answer.Counts);
        Assert.Equal(
            [
                "5 csv_columns the row has 3 fields but the header has 9; put a field that contains the separator or a line break in quotes",
                "6 invalid_value the value of column 8, 'properties.items', is not JSON; write it in quotes with its own quotes doubled, such as "
                + "\"{\"\"a\"\":1}\"",
            ],
            answer.Faults.Select(fault => fault.ToString()));
        var events = _imports.EventsByLine("orders.csv");
        Assert.Equal(
            ("track", "007", "Order", new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc)),
            (events[2].type, events[2].userId, events[2].@event, events[2].timestamp));
        Assert.Equal("""{"revenue":9.90,"zip":"01234","note":"two\nlines; \"quoted\"","items":[{"sku":1}],"gift":true}""", events[2].properties);
        Assert.Equal(("identify", "8", null), (events[4].type, events[4].userId, events[4].properties));
        var incomplete = Assert.Single(_imports.QuarantinedRows("orders.csv"), record => record.violations[0].kind == "csv_columns");
        Assert.Equal("track;9;Order", Encoding.UTF8.GetString(incomplete.original));
    }

    [Fact]
    public async Task Import_CsvWithAMapping_BuildsTheMappedEvents()
    {
        await kafka.Host.AddSourceAsync("shop", "SHOP", """
            type: server
            import:
              orders:
                rules:
                  - when: { $.status: cancelled }
                    ignore: true
                  - events:
                      - type: track
                        event: Order Completed
                        userId: $.customer
                        properties: { total: $.total }
            """);
        var answer = await _imports.SendAsync(
            "fileId=mapped&format=csv&mapping=orders",
            "customer,status,total\n77,paid,5\n78,cancelled,6\n,paid,7\n",
            "SHOP");

        Assert.Equal((3, 0, 1, 1), answer.Counts);
        Assert.Equal((1, "not_mapped"), (answer.Count("ignored"), Assert.Single(answer.Faults).Code));
        var mapped = kafka.FindCollected($"{RowConverter.IdPrefix("shop", "mapped")}-2");
        Assert.Equal(("Order Completed", "77", """{"total":5}"""), (mapped.@event, mapped.userId, mapped.properties));
        Assert.Equal(("server", null), (mapped.trust, mapped.withheld));
    }

    [Fact]
    public async Task Import_CsvLinesEndedByCarriageReturnsAlone_NamesTheRemedy()
    {
        var answer = await _imports.SendAsync("fileId=mac&format=csv", await ReadSampleAsync("cr-only.csv"));

        Assert.Equal((400, "invalid_csv_header"), (answer.Status, answer.ErrorCode));
        Assert.EndsWith("end them with line feeds, for example with tr '\\r' '\\n'", answer.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_CsvCarriageReturnInAField_RejectsTheRowUnlessQuoted()
    {
        var answer = await _imports.SendAsync("fileId=returns&format=csv&type=track", "userId,event\nu1,A\ru2,B\nu3,\"A\rB\"\r\n");

        Assert.Equal((2, 0, 1, 1), answer.Counts);
        Assert.Equal(
            "the row has a carriage return outside quotes; end rows with LF or CR LF, and put a field that contains a carriage return in quotes",
            answer.Faults[0].Message);
        Assert.Equal("A\rB", _imports.EventsByLine("returns")[3].@event);
    }

    [Fact]
    public async Task Import_CsvColumnOfWriteKeys_IsRemovedFromRejectedRows()
    {
        // After the valid row: a row without an id, one with a field too few, and one with a misplaced quote.
        var answer = await _imports.SendAsync(
            "fileId=keys&format=csv",
            "type,writeKey,userId\ntrack,\"SECRET\",u\ntrack,\"SECRET\",\nSECRET,track\ntrack,SECRET,\"u\"x\n");

        Assert.Equal((4, 0, 1, 3), answer.Counts);
        var rows = _imports.QuarantinedRows("keys");
        Assert.Equal(["", "", "track,\"******\","], rows.Select(record => Encoding.UTF8.GetString(record.original)).Order(StringComparer.Ordinal));
        Assert.Contains(rows, record => record.violations[0].message.EndsWith("; only the first 0 of its 12 bytes are kept", StringComparison.Ordinal));
        Assert.Null(_imports.EventsByLine("keys")[2].extra);
    }

    [Fact]
    public async Task Import_CsvFaultsOfLongNames_AreShortened()
    {
        var name = new string('n', 100_000);
        var answer = await _imports.SendAsync(
            "fileId=long-names&format=csv&type=track",
            $"userId,properties.{name}:number\n" + string.Concat(Enumerable.Repeat("u,x\n", 50)));

        Assert.Equal((50, 0, 0, 50), answer.Counts);
        Assert.All(answer.Faults, fault => Assert.InRange(fault.Message.Length, 1, 300));
    }

    private static Task<byte[]> ReadSampleAsync(string file) =>
        File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "Importing", "files", file), TestContext.Current.CancellationToken);
}
