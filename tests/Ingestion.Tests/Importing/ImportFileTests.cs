using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using cdp;
using Cdp.Contracts;
using Cdp.Ingestion.Importing;
using Cdp.LocalKafka.Faults;
using Cdp.LocalKafka.Protocol;
using Xunit;
using Event = cdp.Event;

namespace Cdp.Ingestion.Tests.Importing;

/// <summary>Files on their way into the topic: what becomes of their rows.</summary>
public sealed class ImportFileTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    private readonly Imported _imported = new(kafka);

    [Fact]
    public async Task Ndjson_WholeFile_ArrivesWithItsTimesAndIdsOfItsLines()
    {
        var upload = await Upload.SendAsync(kafka.Host, "fileId=whole&format=ndjson", """
            {"type":"track","userId":"u1","event":"Order","timestamp":"2019-03-01T10:00:00Z","sentAt":"2019-03-01T10:00:05Z","properties":{"revenue": 9.90}}

            {"type":"identify","userId":"u2","messageId":"own","traits":{"name":"Zoë"}}
            """);

        Assert.Equal((200, "application/x-ndjson", true), (upload.Status, upload.MediaType, (bool)upload.Last["success"]!));
        Assert.Equal((2, 0, 2, 0), upload.Counts);
        var events = _imported.Events("whole");
        Assert.Equal(new DateTime(2019, 3, 1, 10, 0, 0, DateTimeKind.Utc), events[1].timestamp);
        Assert.Equal("""{"revenue": 9.90}""", events[1].properties);
        Assert.Equal("""{"name":"Zoë"}""", Assert.Single(_imported.Collected(), e => e.messageId == "own").traits);
    }

    [Fact]
    public async Task Upload_EmptyAtFirst_LeavesTheFormatOpen()
    {
        Assert.Equal(400, (await Upload.SendAsync(kafka.Host, "fileId=empty-first&format=ndjson", "")).Status);

        Assert.Equal((1, 0, 1, 0), (await Upload.SendAsync(kafka.Host, "fileId=empty-first&format=csv", "type,userId\ntrack,u1\n")).Counts);
    }

    [Fact]
    public async Task Ndjson_SameFileAgain_AddsNothingHoweverItIsPacked()
    {
        var file = Encoding.UTF8.GetBytes(string.Concat(Imported.Lines("twice", 1, 12_000)));
        Assert.Equal((12_000, 0, 12_000, 0), (await Upload.SendAsync(kafka.Host, "fileId=twice&format=ndjson", file)).Counts);
        foreach (var encoding in new[] { "gzip", "br", "deflate", "zstd" })
        {
            var again = await Upload.SendAsync(kafka.Host, "fileId=twice&format=ndjson", Compressed.Of(file, encoding), encoding: encoding);
            Assert.Equal((12_000, 12_000, 0, 0), again.Counts);
            Assert.Equal((200, 12_000L), (again.Status, (long)again.Last["file"]!["accepted"]!));
        }

        _imported.AssertOnce("twice", 12_000);
    }

    [Fact]
    public async Task Ndjson_LinesAddedToTheEnd_AreImported()
    {
        var file = string.Concat(Imported.Lines("grown", 1, 10)).TrimEnd('\n');
        await Upload.SendAsync(kafka.Host, "fileId=grown&format=ndjson", file);
        var grown = await Upload.SendAsync(kafka.Host, "fileId=grown&format=ndjson", file + "\n" + string.Concat(Imported.Lines("grown", 11, 5)));

        Assert.Equal((15, 10, 5, 0), grown.Counts);
        _imported.AssertOnce("grown", 15);
    }

    [Theory]
    [InlineData("another-line-3")]
    [InlineData("")]
    public async Task Ndjson_ChangedFile_IsRefusedWithItsLines(string third)
    {
        var (id, lines) = ($"changed-{third}", Imported.Lines("changed", 1, 5).ToArray());
        await Upload.SendAsync(kafka.Host, $"fileId={id}&format=ndjson", string.Concat(lines));
        var before = _imported.Collected().Count;
        lines[2] = third.Length == 0 ? "" : lines[2].Replace("line", third, StringComparison.Ordinal);
        var changed = await Upload.SendAsync(kafka.Host, $"fileId={id}&format=ndjson", string.Concat(lines) + lines[0]);

        Assert.Equal((409, "file_changed"), (changed.Status, changed.Code));
        Assert.Equal($"'{id}' was imported before, and lines 1 to 5 are not what they were then; send the file as it was to go on with it, or the changed one with another fileId", changed.Message);
        Assert.Equal(before, _imported.Collected().Count);
        Assert.Equal((409, "file_changed"), await StatusAsync($"fileId={id}&format=csv", "type,userId\n"));
    }

    [Fact]
    public async Task Ndjson_BadLines_AreToldWithNumbersAndQuarantinedOnce()
    {
        var large = $$"""{"type":"track","userId":"u9","properties":{"a":"{{new string('x', 900_000)}}"} }""";
        var file = $$"""
            {"type":"track","userId":"bad-u1"}
            {"type":"track",
            {"type":"track","event":"nobody"}

            {"type":"nothing","userId":"u"}
            {"type":"track","userId":"u","timestamp":"yesterday"}
            {{large}}
            {"type":"track","userId":"bad-u2"}
            """;
        var upload = await Upload.SendAsync(kafka.Host, "fileId=bad&format=ndjson", file);
        var again = await Upload.SendAsync(kafka.Host, "fileId=bad&format=ndjson", file);

        Assert.Equal((7, 0, 2, 5), upload.Counts);
        Assert.Equal((7, 7, 0, 0), again.Counts);
        Assert.Equal(
            ["2 invalid_json", "3 no_identifier", "5 unknown_type", "6 unreadable_time", "7 event_too_large"],
            upload.Last["faults"]!.AsArray().Select(fault => $"{fault!["line"]} {fault["code"]}"));
        Assert.Equal("""{"event_too_large":1,"invalid_json":1,"no_identifier":1,"unknown_type":1,"unreadable_time":1}""", upload.Last["reasons"]!.ToJsonString());
        var quarantined = kafka.Read(Topics.EventsQuarantined).Select(record => (QuarantinedEvent)record.Value).Where(record => record.violations[0].message.Contains(" of bad:", StringComparison.Ordinal)).ToList();
        Assert.Equal(5, quarantined.Count);
        Assert.Equal("""{"type":"track","event":"nobody"}""", Encoding.UTF8.GetString(quarantined.Single(record => record.violations[0].kind == "no_identifier").original));
        Assert.Equal("line 3 of bad: request neither has anonymousId nor userId", quarantined.Single(record => record.violations[0].kind == "no_identifier").violations[0].message);
        Assert.EndsWith($"of its {large.Length} bytes are kept", quarantined.Single(record => record.violations[0].kind == "event_too_large").violations[0].message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Csv_ColumnsByPath_BecomeEvents()
    {
        var upload = await Upload.SendAsync(
            kafka.Host,
            "fileId=orders.csv&format=csv&separator=%3B&type=track",
            "\uFEFFtype;userId;event;timestamp;properties.revenue;properties.zip:string;properties.note;properties.items:json;properties.gift\r\n"
            + ";007;Order;2020-01-02 03:04:05;9.90;01234;\"two\nlines; \"\"quoted\"\"\";\"[{\"\"sku\"\":1}]\";true\r\n"
            + "identify;8;;;;;;;\r\n"
            + "track;9;Order\r\n"
            + "track;9;Order;;much;;;not json;\r\n");

        Assert.Equal((4, 0, 2, 2), upload.Counts);
        Assert.Equal(["5 csv_columns the row has 3 fields, the header 9", "6 invalid_value the value of column 8, 'properties.items', is not JSON"], upload.Last["faults"]!.AsArray().Select(fault => $"{fault!["line"]} {fault["code"]} {fault["message"]}"));
        var events = _imported.Events("orders.csv");
        Assert.Equal(("track", "007", "Order", new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc)), (events[2].type, events[2].userId, events[2].@event, events[2].timestamp));
        Assert.Equal("""{"revenue":9.90,"zip":"01234","note":"two\nlines; \"quoted\"","items":[{"sku":1}],"gift":true}""", events[2].properties);
        Assert.Equal(("identify", "8", null), (events[4].type, events[4].userId, events[4].properties));
        Assert.Equal("track;9;Order", Encoding.UTF8.GetString(_imported.Quarantined("orders.csv").Single(record => record.violations[0].kind == "csv_columns").original));
    }

    [Fact]
    public async Task Csv_WithAMapping_BecomesWhatItSays()
    {
        kafka.Host.WriteSource("shop", "SHOP", """
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
        await kafka.Host.UntilAsync(System.Net.HttpStatusCode.OK, () => kafka.Host.PostAsync("/v1/track", """{"userId":"u"}""", "SHOP"));
        var upload = await Upload.SendAsync(kafka.Host, "fileId=mapped&format=csv&mapping=orders", "customer,status,total\n77,paid,5\n78,cancelled,6\n,paid,7\n", "SHOP");

        Assert.Equal((3, 0, 1, 1), upload.Counts);
        Assert.Equal((1, "not_mapped"), ((long)upload.Last["ignored"]!, (string?)upload.Last["faults"]![0]!["code"]));
        var mapped = Assert.Single(_imported.Collected(), e => e.messageId == $"{RowJudge.IdPrefix("shop", "mapped")}-2");
        Assert.Equal(("Order Completed", "77", """{"total":5}"""), (mapped.@event, mapped.userId, mapped.properties));
    }

    [Fact]
    public async Task Parquet_OfAnotherLibrary_ArrivesNestedAndTyped()
    {
        var file = await ParquetSample.WriteAsync(rows: 3_000, rowsInGroup: 1_000);
        var upload = await Upload.SendAsync(kafka.Host, "fileId=table&format=parquet&type=track", file);
        var again = await Upload.SendAsync(kafka.Host, "fileId=table&format=parquet&type=track", file);
        var changed = await Upload.SendAsync(kafka.Host, "fileId=table&format=parquet&type=track", await ParquetSample.WriteAsync(rows: 3_000, rowsInGroup: 500));

        Assert.Equal((3_000, 0, 3_000, 0), upload.Counts);
        Assert.Equal((3_000, 3_000, 0, 0), again.Counts);
        Assert.Equal((409, "file_changed"), (changed.Status, changed.Code));
        var events = _imported.Events("table");
        Assert.Equal(3_000, events.Count);
        Assert.Equal(("u7", ParquetSample.Time(7)), (events[7].userId, events[7].timestamp));
        Assert.Equal(ParquetSample.Properties(7), events[7].properties);
        Assert.Empty(Directory.GetFiles(Path.Combine(Path.GetTempPath(), "cdp-imports"), $"*-{Environment.ProcessId}-*"));
    }

    [Fact]
    public async Task SdkEvents_WhileAFileIsImported_AreAnswered()
    {
        using var importing = await RawUpload.BeginAsync(kafka.Host, "fileId=beside&format=ndjson");
        var writing = Task.Run(async () =>
        {
            foreach (var chunk in Imported.Lines("beside", 1, 60_000).Chunk(1_000)) await importing.WriteAsync(Encoding.UTF8.GetBytes(string.Concat(chunk)));
            await importing.EndAsync();
        }, TestContext.Current.CancellationToken);
        var slowest = TimeSpan.Zero;
        var answer = importing.ReadAsync();
        while (!answer.IsCompleted)
        {
            var begun = Stopwatch.GetTimestamp();
            using var response = await kafka.Host.PostAsync("/v1/track", """{"userId":"u","event":"beside an import"}""");
            Assert.True(response.IsSuccessStatusCode);
            slowest = TimeSpan.FromTicks(Math.Max(slowest.Ticks, Stopwatch.GetElapsedTime(begun).Ticks));
        }
        await writing;

        Assert.Equal((60_000, 0, 60_000, 0), (await answer).Counts);
        Assert.InRange(slowest, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData("format=ndjson", "", 400, "invalid_import")]
    [InlineData("fileId=x", "{}", 400, "invalid_import")]
    [InlineData("fileId=x&format=ndjson&maping=a", "{}", 400, "invalid_import")]
    [InlineData("fileId=x&format=ndjson&mapping=a", "{}", 400, "invalid_import")]
    [InlineData("fileId=nothing&format=ndjson", "", 400, "empty_body")]
    [InlineData("fileId=header&format=csv", "a,,a\n1,2,3\n", 400, "invalid_csv_header")]
    [InlineData("fileId=noparquet&format=parquet", "PAR1 is not enough", 400, "invalid_parquet")]
    public async Task Request_AtFault_IsRefusedWithItsReason(string query, string body, int status, string code) => Assert.Equal((status, code), await StatusAsync(query, body));

    [Fact]
    public async Task Request_WithTheKeyOfABrowser_IsRefused()
    {
        kafka.Host.WriteSource("page", "PAGE", "type: web");
        await kafka.Host.UntilAsync(System.Net.HttpStatusCode.OK, () => kafka.Host.PostAsync("/v1/track", """{"userId":"u"}""", "PAGE"));

        Assert.Equal((403, "import_not_allowed"), await StatusAsync("fileId=x&format=ndjson", "{}", "PAGE"));
        Assert.Equal((401, "unknown_write_key"), await StatusAsync("fileId=x&format=ndjson", "{}", "NOBODY"));
        Assert.Equal((404, "source_disabled"), await StatusAsync("fileId=x&format=ndjson", "{}", "OFF"));
    }

    private async Task<(int, string?)> StatusAsync(string query, string body, string key = "WK")
    {
        var upload = await Upload.SendAsync(kafka.Host, query, body, key);
        return (upload.Status, upload.Code);
    }
}
