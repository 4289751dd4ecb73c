using System.Diagnostics;
using System.Text;
using Xunit;

namespace Cdp.Ingestion.Tests.Importing;

/// <summary>NDJSON files and how their rows are imported.</summary>
[Trait("tier", "integration")]
public sealed class ImportFileTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    private readonly Imports _imports = new(kafka);

    [Fact]
    public async Task Import_WholeFile_KeepsTimesAndDerivesIdsFromLines()
    {
        var answer = await _imports.SendAsync("fileId=whole&format=ndjson", """
            {"type":"track","userId":"u1","event":"Order","timestamp":"2019-03-01T10:00:00Z","sentAt":"2019-03-01T10:00:05Z","properties":{"revenue": 9.90}}

            {"type":"identify","userId":"u2","messageId":"own","traits":{"name":"Zoë"}}
            """);

        Assert.Equal((200, "application/x-ndjson", true), (answer.Status, answer.MediaType, answer.Success));
        Assert.Equal((2, 0, 2, 0), answer.Counts);
        var first = _imports.EventsByLine("whole")[1];
        Assert.Equal((new DateTime(2019, 3, 1, 10, 0, 0, DateTimeKind.Utc), """{"revenue": 9.90}"""), (first.timestamp, first.properties));
        Assert.Equal("""{"name":"Zoë"}""", kafka.FindCollected("own").traits);
    }

    [Fact]
    public async Task Import_SameFileAgainInAnyEncoding_AddsNothing()
    {
        var file = Imports.File("twice", 1, 12_000);
        Assert.Equal((12_000, 0, 12_000, 0), (await _imports.SendAsync("fileId=twice&format=ndjson", file)).Counts);
        foreach (var encoding in new[] { "gzip", "br", "deflate", "zstd" })
        {
            var again = await _imports.SendAsync("fileId=twice&format=ndjson", Compressed.Of(file, encoding), encoding: encoding);
            Assert.Equal((12_000, 12_000, 0, 0), again.Counts);
            Assert.Equal((200, 12_000L), (again.Status, (long)again.Summary["file"]!["accepted"]!));
        }

        _imports.AssertImportedOnce("twice", 12_000);
    }

    [Fact]
    public async Task Import_LinesAppended_ImportsOnlyTheNewLines()
    {
        var file = string.Concat(Imports.Lines("grown", 1, 10)).TrimEnd('\n');
        await _imports.SendAsync("fileId=grown&format=ndjson", file);
        var grown = await _imports.SendAsync("fileId=grown&format=ndjson", file + "\n" + string.Concat(Imports.Lines("grown", 11, 5)));

        Assert.Equal((15, 10, 5, 0), grown.Counts);
        _imports.AssertImportedOnce("grown", 15);
    }

    [Fact]
    public async Task Import_InvalidLines_AreReportedByNumberAndQuarantinedOnce()
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
        var first = await _imports.SendAsync("fileId=bad&format=ndjson", file);
        var again = await _imports.SendAsync("fileId=bad&format=ndjson", file);

        Assert.Equal((7, 0, 2, 5), first.Counts);
        Assert.Equal((7, 7, 0, 0), again.Counts);
        Assert.Equal(
            [(2, "invalid_json"), (3, "no_identifier"), (5, "unknown_type"), (6, "unreadable_time"), (7, "event_too_large")],
            first.Faults.Select(fault => ((int)fault.Line, fault.Code)));
        Assert.Equal("invalid json at byte 16 of the line", first.Faults[0].Message);
        Assert.Equal(
            """{"event_too_large":1,"invalid_json":1,"no_identifier":1,"unknown_type":1,"unreadable_time":1}""",
            first.Summary["reasons"]!.ToJsonString());

        var quarantined = _imports.QuarantinedRows("bad");
        Assert.Equal(5, quarantined.Count);
        var nobody = Assert.Single(quarantined, record => record.violations[0].kind == "no_identifier");
        Assert.Equal("""{"type":"track","event":"nobody"}""", Encoding.UTF8.GetString(nobody.original));
        Assert.Equal("line 3 of bad: request neither has anonymousId nor userId", nobody.violations[0].message);
        var tooLarge = Assert.Single(quarantined, record => record.violations[0].kind == "event_too_large");
        Assert.EndsWith($"of its {large.Length} bytes are kept", tooLarge.violations[0].message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ndjson", "{\"type\":\"track\"}\n{\"type\":\"track\",\n")]
    [InlineData("csv", "type,event\ntrack,A\ntrack,B\n")]
    public async Task Import_NoValidRow_FailsEveryTime(string format, string file)
    {
        var id = $"none-valid.{format}";
        var first = await _imports.SendAsync($"fileId={id}&format={format}", file);
        var again = await _imports.SendAsync($"fileId={id}&format={format}", file);

        Assert.Equal((400, false, "none_accepted", (2, 0, 0, 2)), (first.Status, first.Success, first.ErrorCode, first.Counts));
        Assert.Equal(2, first.Faults.Count);
        Assert.Equal(
            $"none of the 2 rows of '{id}' is an event; 'faults' lists the lines and reasons. Fix them and send the file with another fileId",
            first.ErrorMessage);
        Assert.Equal((400, false, "none_accepted", (2, 2, 0, 0)), (again.Status, again.Success, again.ErrorCode, again.Counts));
        Assert.Equal(2, _imports.QuarantinedRows(id).Count);
    }

    [Fact]
    public async Task Track_DuringAnImport_IsAnsweredInTime()
    {
        using var importing = await _imports.BeginAsync("fileId=beside&format=ndjson");
        var writing = Task.Run(
            async () =>
            {
                foreach (var lines in Imports.Lines("beside", 1, 60_000).Chunk(1_000)) await importing.WriteAsync(Encoding.UTF8.GetBytes(string.Concat(lines)));
                await importing.EndAsync();
            },
            TestContext.Current.CancellationToken);
        var slowest = TimeSpan.Zero;
        var answer = importing.ReadAsync();
        while (!answer.IsCompleted)
        {
            var sentAt = Stopwatch.GetTimestamp();
            await kafka.Host.PostAsync("/v1/track", """{"userId":"u","event":"beside an import"}""").AssertSuccessAsync();
            slowest = TimeSpan.FromTicks(Math.Max(slowest.Ticks, Stopwatch.GetElapsedTime(sentAt).Ticks));
        }
        await writing;

        Assert.Equal((60_000, 0, 60_000, 0), (await answer).Counts);
        Assert.InRange(slowest, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }
}
