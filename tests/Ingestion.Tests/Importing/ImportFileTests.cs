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

/// <summary>Files on their way into the topic: whole, broken off, sent again.</summary>
public sealed class ImportFileTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    [Fact]
    public async Task Ndjson_WholeFile_ArrivesWithItsTimesAndIdsOfItsLines()
    {
        var upload = await Upload.SendAsync(kafka.Host, "fileId=whole&format=ndjson", """
            {"type":"track","userId":"u1","event":"Order","timestamp":"2019-03-01T10:00:00Z","sentAt":"2019-03-01T10:00:05Z","properties":{"revenue": 9.90}}

            {"type":"identify","userId":"u2","messageId":"own","traits":{"name":"Zoë"}}
            """);

        Assert.Equal((200, "application/x-ndjson", true), (upload.Status, upload.MediaType, (bool)upload.Last["success"]!));
        Assert.Equal((2, 0, 2, 0), upload.Counts);
        var events = Events("whole");
        Assert.Equal(new DateTime(2019, 3, 1, 10, 0, 0, DateTimeKind.Utc), events[1].timestamp);
        Assert.Equal("""{"revenue": 9.90}""", events[1].properties);
        Assert.Equal("""{"name":"Zoë"}""", Assert.Single(Collected(), e => e.messageId == "own").traits);
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
        var file = Encoding.UTF8.GetBytes(string.Concat(Lines("twice", 1, 12_000)));
        Assert.Equal((12_000, 0, 12_000, 0), (await Upload.SendAsync(kafka.Host, "fileId=twice&format=ndjson", file)).Counts);
        foreach (var encoding in new[] { "gzip", "br", "deflate", "zstd" })
        {
            var again = await Upload.SendAsync(kafka.Host, "fileId=twice&format=ndjson", Compress(file, encoding), encoding: encoding);
            Assert.Equal((12_000, 12_000, 0, 0), again.Counts);
            Assert.Equal((200, 12_000L), (again.Status, (long)again.Last["file"]!["accepted"]!));
        }

        AssertOnce("twice", 12_000);
    }

    [Fact]
    public async Task Ndjson_LinesAddedToTheEnd_AreImported()
    {
        var file = string.Concat(Lines("grown", 1, 10)).TrimEnd('\n');
        await Upload.SendAsync(kafka.Host, "fileId=grown&format=ndjson", file);
        var grown = await Upload.SendAsync(kafka.Host, "fileId=grown&format=ndjson", file + "\n" + string.Concat(Lines("grown", 11, 5)));

        Assert.Equal((15, 10, 5, 0), grown.Counts);
        AssertOnce("grown", 15);
    }

    [Theory]
    [InlineData("another-line-3")]
    [InlineData("")]
    public async Task Ndjson_ChangedFile_IsRefusedWithItsLines(string third)
    {
        var (id, lines) = ($"changed-{third}", Lines("changed", 1, 5).ToArray());
        await Upload.SendAsync(kafka.Host, $"fileId={id}&format=ndjson", string.Concat(lines));
        var before = Collected().Count;
        lines[2] = third.Length == 0 ? "" : lines[2].Replace("line", third, StringComparison.Ordinal);
        var changed = await Upload.SendAsync(kafka.Host, $"fileId={id}&format=ndjson", string.Concat(lines) + lines[0]);

        Assert.Equal((409, "file_changed"), (changed.Status, changed.Code));
        Assert.Equal($"'{id}' was imported before, and lines 1 to 5 are not what they were then; send the file as it was to go on with it, or the changed one with another fileId", changed.Message);
        Assert.Equal(before, Collected().Count);
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
        var events = Events("orders.csv");
        Assert.Equal(("track", "007", "Order", new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc)), (events[2].type, events[2].userId, events[2].@event, events[2].timestamp));
        Assert.Equal("""{"revenue":9.90,"zip":"01234","note":"two\nlines; \"quoted\"","items":[{"sku":1}],"gift":true}""", events[2].properties);
        Assert.Equal(("identify", "8", null), (events[4].type, events[4].userId, events[4].properties));
        Assert.Equal("track;9;Order", Encoding.UTF8.GetString(Quarantined("orders.csv").Single(record => record.violations[0].kind == "csv_columns").original));
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
        var mapped = Assert.Single(Collected(), e => e.messageId == $"{RowJudge.IdPrefix("shop", "mapped")}-2");
        Assert.Equal(("Order Completed", "77", """{"total":5}"""), (mapped.@event, mapped.userId, mapped.properties));
    }

    [Fact]
    public async Task AnyFile_SenderGoesAway_IsWholeWhenSentAgain()
    {
        var lines = Lines("aborted", 1, 20_000).Select(Encoding.UTF8.GetBytes).ToArray();
        using var sending = await RawUpload.BeginAsync(kafka.Host, "fileId=aborted&format=ndjson");
        // In the middle of a line.
        foreach (var chunk in lines.SelectMany(line => line).Take(lines.Sum(line => line.Length) / 2).Chunk(50_001)) await sending.WriteAsync(chunk);
        await UntilAsync(() => Events("aborted").Count > 5_000);
        sending.Abort();

        var again = await Upload.SendAsync(kafka.Host, "fileId=aborted&format=ndjson", lines.SelectMany(line => line).ToArray());
        Assert.Equal(20_000, again.Counts.Read);
        Assert.InRange(again.Counts.Skipped, 5_000, 10_500);
        AssertOnce("aborted", 20_000);
    }

    [Fact]
    public async Task AnyFile_ServiceIsStopped_SaysSoAndIsWholeWhenSentAgain()
    {
        var lines = Lines("stopped", 1, 20_000).Select(Encoding.UTF8.GetBytes).ToArray();
        await using (var other = await kafka.StartHostAsync())
        {
            using var sending = await RawUpload.BeginAsync(other, "fileId=stopped&format=ndjson");
            foreach (var line in lines.Take(9_000).Chunk(100)) await sending.WriteAsync(line.SelectMany(bytes => bytes).ToArray());
            await UntilAsync(() => Events("stopped").Count == 9_000);
            var answer = sending.ReadAsync();
            Assert.Equal(0, await other.StopAsync());
            var stopped = await answer;
            Assert.Equal("stopping", stopped.Code);
            Assert.Equal((9_000, 0, 9_000, 0), stopped.Counts);
        }

        var again = await Upload.SendAsync(kafka.Host, "fileId=stopped&format=ndjson", lines.SelectMany(line => line).ToArray());
        Assert.Equal((20_000, 9_000, 11_000, 0), again.Counts);
        AssertOnce("stopped", 20_000);
    }

    [Theory]
    [InlineData(ApiKey.EndTxn, FaultDrop.AfterHandling)]
    [InlineData(ApiKey.EndTxn, FaultDrop.BeforeHandling)]
    [InlineData(ApiKey.Produce, FaultDrop.AfterHandling)]
    [InlineData(ApiKey.AddPartitionsToTxn, FaultDrop.AfterHandling)]
    public async Task AnyFile_LostAnswersOfKafka_IsWholeAllTheSame(ApiKey api, FaultDrop drop)
    {
        var id = $"lost-{api}-{drop}";
        using var sending = await RawUpload.BeginAsync(kafka.Host, $"fileId={id}&format=ndjson");
        await sending.WriteAsync(Encoding.UTF8.GetBytes(string.Concat(Lines(id, 1, 6_000))));
        await UntilAsync(() => Events(id).Count == 6_000);
        using var fault = kafka.Faults.Add(new Fault { Api = api, Drop = drop, Times = 2 });
        await sending.WriteAsync(Encoding.UTF8.GetBytes(string.Concat(Lines(id, 6_001, 6_000))));
        await fault.Hit(cancel: TestContext.Current.CancellationToken);
        await sending.EndAsync();

        Assert.Equal((12_000, 0, 12_000, 0), (await sending.ReadAsync()).Counts);
        AssertOnce(id, 12_000);
    }

    [Fact]
    public async Task AnyFile_NewerUploadOfIt_TakesOver()
    {
        var file = Encoding.UTF8.GetBytes(string.Concat(Lines("both", 1, 12_000)));
        using var older = await RawUpload.BeginAsync(kafka.Host, "fileId=both&format=ndjson");
        await older.WriteAsync(file.AsMemory(0, file.Length / 2));
        await UntilAsync(() => Events("both").Count > 1_000);

        await using var other = await kafka.StartHostAsync();
        var newer = await Upload.SendAsync(other, "fileId=both&format=ndjson", file);
        await older.WriteAsync(file.AsMemory(file.Length / 2));
        await older.EndAsync();

        Assert.Equal("taken_over", (await older.ReadAsync()).Code);
        Assert.True((bool)newer.Last["success"]!);
        Assert.Equal(12_000, newer.Counts.Read);
        AssertOnce("both", 12_000);
    }

    [Fact]
    public async Task AnyFile_CutShortInsideItsCompression_IsBrokenOffAndGoesOn()
    {
        var file = Encoding.UTF8.GetBytes(string.Concat(Lines("cut", 1, 8_000)));
        foreach (var encoding in new[] { "gzip", "br", "deflate", "zstd" })
        {
            var compressed = Compress(file, encoding);
            var cut = await Upload.SendAsync(kafka.Host, "fileId=cut&format=ndjson", compressed[..(compressed.Length / 2)], encoding: encoding);
            Assert.Equal("invalid_encoding", cut.Code);
            Assert.Empty(Quarantined("cut"));
        }

        var whole = await Upload.SendAsync(kafka.Host, "fileId=cut&format=ndjson", file);
        Assert.True((bool)whole.Last["success"]!);
        AssertOnce("cut", 8_000);
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
        var events = Events("table");
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
            foreach (var chunk in Lines("beside", 1, 60_000).Chunk(1_000)) await importing.WriteAsync(Encoding.UTF8.GetBytes(string.Concat(chunk)));
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

    private static IEnumerable<string> Lines(string name, int first, int count) =>
        Enumerable.Range(first, count).Select(i => string.Create(CultureInfo.InvariantCulture, $$"""{"type":"track","userId":"{{name}}-{{i % 97}}","event":"line {{i}}","timestamp":"2020-01-01T00:00:00Z","properties":{"line":{{i}} } }""") + "\n");

    private List<Event> Collected() => [.. kafka.Read(Topics.EventsCollected).Select(record => ((CollectedEvent)record.Value).envelope)];

    private List<QuarantinedEvent> Quarantined(string fileId) =>
        [.. kafka.Read(Topics.EventsQuarantined).Select(record => (QuarantinedEvent)record.Value).Where(record => record.violations[0].message.Contains($" of {fileId}:", StringComparison.Ordinal))];

    // By line, and each once.
    private Dictionary<long, Event> Events(string fileId)
    {
        var prefix = RowJudge.IdPrefix("src", fileId) + "-";
        return Collected().Where(e => e.messageId.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(e => long.Parse(e.messageId[prefix.Length..], CultureInfo.InvariantCulture));
    }

    private void AssertOnce(string fileId, int lines)
    {
        var events = Events(fileId);
        Assert.Equal(Enumerable.Range(1, lines).Select(line => (long)line), events.Keys.Order());
        Assert.All(events, e => Assert.Equal($"line {e.Key}", e.Value.@event));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            if (waited.Elapsed > TimeSpan.FromSeconds(30)) throw new TimeoutException("the condition did not come true");
            await Task.Delay(50);
        }
    }

    private static byte[] Compress(byte[] body, string encoding)
    {
        using var compressed = new MemoryStream();
        using (Stream stream = encoding switch
        {
            "gzip" => new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true),
            "deflate" => new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true),
            "zstd" => new ZstdSharp.CompressionStream(compressed, leaveOpen: true),
            _ => new BrotliStream(compressed, CompressionLevel.Fastest, leaveOpen: true),
        }) stream.Write(body);
        return compressed.ToArray();
    }
}
