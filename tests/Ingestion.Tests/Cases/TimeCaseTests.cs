using System.Globalization;
using System.Text.Json;
using Cdp.Ingestion.Tests.Importing;
using Xunit;

namespace Cdp.Ingestion.Tests.Cases;

/// <summary>Times as senders write them, and times that cannot be true.</summary>
[Trait("tier", "integration")]
public sealed class TimeCaseTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    private readonly Imports _imports = new(kafka);

    [Theory]
    [InlineData("\"yesterday\"")]
    [InlineData("\"2030-01-01T00:00:00Z\"")]
    [InlineData("\"0001-01-01T00:00:00Z\"")]
    [InlineData("20201231")]
    [InlineData("[1]")]
    public async Task Import_UnreadableHistoricalTime_RejectsTheItem(string time)
    {
        var item = $$"""{"type":"identify","userId":"h1","t\u0069mestamp":{{time}},"traits":{"plan":"old"} }""";
        var marked = item.Insert(1, "\"historic\\u0061l\":true,");
        await kafka.Host.PostAsync("/v1/import", $$"""{"batch":[{{item}}]}""").AssertRefusedAsync(400, "unreadable_time");
        await kafka.Host.PostAsync("/v1/batch", $$"""{"batch":[{{item}}],"historical":true}""").AssertRefusedAsync(400, "unreadable_time");
        await kafka.Host.PostAsync("/v1/batch", $$"""{"batch":[{{marked}}]}""").AssertRefusedAsync(400, "unreadable_time");

        var answer = await _imports.SendAsync($"fileId=escaped-{Guid.NewGuid()}&format=ndjson", item + "\n");
        Assert.Equal((1, 0, 0, 1), answer.Counts);
    }

    [Fact]
    public async Task Import_HistoricalTimeAsMilliseconds_IsRead()
    {
        var json = CaseSample.Read("import-unreadable-time.json").Replace("\"type\"", "\"messageId\":\"ms\",\"type\"", StringComparison.Ordinal);
        await kafka.Host.PostAsync("/v1/import", json).AssertSuccessAsync();

        Assert.Equal(Utc("2019-05-06T07:08:09.123Z"), kafka.FindCollected("ms").timestamp);
    }

    [Fact]
    public async Task ImportAndBatch_TimesAsDatabasesPrintThem_AreRead()
    {
        var answer = await _imports.SendAsync("fileId=times&format=csv", CaseSample.Read("times-of-databases.csv"));
        Assert.Equal((9, 0, 9, 0), answer.Counts);

        string[] expected =
        [
            "2020-12-31T19:25:58.745232Z", "2020-12-31T21:25:58Z", "2020-12-31T21:25:58.745Z", "2020-12-31T19:25:58.745232Z", "2020-12-31T21:25:58.745Z",
            "2020-12-31T21:25:58Z", "2017-01-01T00:00:00Z", "2020-12-31T06:55:58Z", "2020-12-31T21:25:58Z",
        ];
        var rows = CaseSample.ReadLines("times-of-databases.csv").Skip(1).Select(row => row.TrimEnd('\r').Split(',')).ToList();
        foreach (var (i, row) in rows.Index())
        {
            var item = $$"""{"type":"track","messageId":"time-{{i}}","userId":"{{row[1]}}-sdk","event":"A","timestamp":{{JsonSerializer.Serialize(row[3])}}}""";
            await kafka.Host.PostAsync("/v1/batch", $$"""{"batch":[{{item}}]}""").AssertSuccessAsync();
            Assert.Equal(Utc(expected[i]), kafka.FindCollected($"time-{i}").timestamp);
        }
        var imported = kafka.CollectedEvents().Where(e => rows.Any(row => row[1] == e.userId)).ToDictionary(e => e.userId);
        Assert.Equal(expected.Select(Utc), rows.Select(row => imported[row[1]].timestamp));
    }

    [Theory]
    [InlineData("\"timestamp\":\"yesterday\"", "unreadable_time")]
    [InlineData("\"timestamp\":true", "unreadable_time")]
    [InlineData("\"timestamp\":\"9999-01-01T00:00:00Z\"", "implausible_time")]
    [InlineData("\"timestamp\":\"0001-01-01T00:00:00Z\"", "implausible_time")]
    [InlineData("\"originalTimestamp\":\"1970-01-01T00:00:00Z\"", "implausible_time")]
    public async Task Batch_ImpossibleTime_UsesTheTimeOfReceiptAndWarns(string member, string code)
    {
        var id = Guid.NewGuid().ToString();
        var item = $$"""{"type":"track","messageId":"{{id}}","userId":"u",{{member}}}""";
        using var response = await kafka.Host.PostAsync("/v1/batch", $$"""{"batch":[{"type":"track","userId":"u"},{{item}}]}""");

        var answer = await response.ReadJsonAsync();
        var warning = Assert.Single(answer["warnings"]!.AsArray())!;
        Assert.Equal((200, true), ((int)response.StatusCode, (bool)answer["success"]!));
        Assert.Equal((1, code), ((int)warning["index"]!, (string)warning["code"]!));
        var e = kafka.FindCollected(id);
        Assert.Equal(e.receivedAt, e.timestamp);
    }

    [Theory]
    [InlineData("NOW-14d-1h")]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("1970-01-01T00:00:00Z")]
    [InlineData("9999-01-01T00:00:00Z")]
    public async Task Batch_ImpossibleSentAt_IsIgnored(string sentAt)
    {
        var (id, now) = (Guid.NewGuid().ToString(), DateTime.UtcNow);
        var (itemSentAt, batchSentAt) = sentAt == "NOW-14d-1h" ? (Iso(now.AddDays(-14).AddHours(-1)), "2001-01-01T00:00:00Z") : (sentAt, sentAt);
        var happened = Iso(now.AddHours(-1));
        var json = CaseSample.Read("stale-sent-at.json")
            .Replace("NOW-14d-1h", itemSentAt, StringComparison.Ordinal)
            .Replace("NOW-1h", happened, StringComparison.Ordinal)
            .Replace("\"type\"", $"\"messageId\":\"{id}\",\"type\"", StringComparison.Ordinal);
        await kafka.Host.PostAsync("/v1/batch", json).AssertSuccessAsync();
        var item = $$"""{"type":"track","messageId":"{{id}}-2","userId":"u","timestamp":"{{happened}}"}""";
        await kafka.Host.PostAsync("/v1/batch", $$"""{"batch":[{{item}}],"sentAt":"{{batchSentAt}}"}""").AssertSuccessAsync();

        Assert.Equal(Utc(happened), kafka.FindCollected(id).timestamp);
        Assert.Equal(Utc(happened), kafka.FindCollected($"{id}-2").timestamp);

        static string Iso(DateTime time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
    }

    private static DateTime Utc(string text) => DateTime.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal);
}
