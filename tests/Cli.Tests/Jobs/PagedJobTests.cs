using System.Text.Json;
using Cdp.Cli.Commands;
using Cdp.Cli.Jobs;

namespace Cdp.Cli.Tests.Jobs;

public sealed class PagedJobTests
{
    private static readonly string[] Redrive =
        ["deliveries", "redrive", "--destination", "crm", "--since", "2026-03-01T08:00:00Z", "--until", "2026-03-01T12:00:00Z", "--reason", "bad gateway"];

    [Fact]
    public async Task Redrive_WithoutYes_IsADryRunAndPrintsTheCommandThatSends()
    {
        using var api = new FakeApi((_, _, _) => (200, Page(3, 0, null)));
        var run = await Run.OfAsync(api, Redrive);
        var body = Assert.Single(api.Requests).Body!.Value;
        Assert.True(body.GetProperty("dry_run").GetBoolean());
        Assert.Equal("bad gateway", body.GetProperty("reason").GetString());
        Assert.Equal(0, run.ExitCode);
        Assert.EndsWith(
            "dry run: nothing was written. To send the events: cdp deliveries redrive --destination crm --since 2026-03-01T08:00:00Z "
            + "--until 2026-03-01T12:00:00Z --reason 'bad gateway' --yes\n",
            run.Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redrive_WithYes_FollowsTheCursorsAndAddsUp()
    {
        using var api = new FakeApi((_, _, body) => (200, body!.Value.TryGetProperty("cursor", out var cursor)
            ? cursor.GetString() == "c1" ? Page(2, 2, "c2") : Page(1, 1, null)
            : Page(3, 3, "c1")));
        var run = await Run.OfAsync(api, [.. Redrive, "--yes", "--job", "j", "--json"]);
        Assert.Equal(3, api.Requests.Count);
        Assert.All(api.Requests, request => Assert.Equal(
            ("POST /v1/deliveries/redrive", false, "j"),
            (request.Line, request.Body!.Value.GetProperty("dry_run").GetBoolean(), request.Body.Value.GetProperty("job").GetString())));
        var result = JsonElement.Parse(run.Output);
        Assert.Equal(
            (3, 6, 6, "j"),
            (Number("pages"), Number("selected"), Number("written"), result.GetProperty("job").GetString()));

        int Number(string name) => result.GetProperty(name).GetInt32();
    }

    [Fact]
    public async Task Redrive_ApiFails_PrintsTheErrorAndTheCommandThatContinues()
    {
        using var api = new FakeApi((_, _, body) => body!.Value.TryGetProperty("cursor", out _)
            ? (404, """{"error":{"code":"unknown_destination","message":"there is no destination 'crm'; the destinations are hook"}}""")
            : (200, Page(3, 3, "c1")));
        var run = await Run.OfAsync(api, [.. Redrive, "--yes", "--job", "j", "--rate", "1000/s"]);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Equal(
            "cdp: there is no destination 'crm'; the destinations are hook (unknown_destination)\n3 records read, 3 events selected, 3 requests written\n"
            + "to continue: cdp deliveries redrive --destination crm --since 2026-03-01T08:00:00Z --until 2026-03-01T12:00:00Z --reason 'bad gateway' "
            + "--rate 1000/s --job j --yes --cursor c1\n",
            run.Error);
    }

    [Fact]
    public async Task Redrive_Interrupted_FinishesThePageAndPrintsItsCursor()
    {
        using var interrupt = new CancellationTokenSource();
        using var api = new FakeApi((_, _, _) =>
        {
            interrupt.Cancel();
            return (200, Page(3, 3, "c1"));
        });
        var run = await Run.OfAsync(api, [.. Redrive, "--yes"], interrupt.Token);
        Assert.Equal(1, run.ExitCode);
        Assert.Single(api.Requests);
        Assert.Contains("cdp: interrupted\n", run.Error, StringComparison.Ordinal);
        Assert.EndsWith("--yes --cursor c1\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replay_Times_AreAbsoluteInTheRequest()
    {
        using var api = new FakeApi((_, _, _) => (200, Page(0, 0, null)));
        var run = await Run.OfAsync(api, ["destinations", "replay", "crm", "--from", "2026-03-01", "--to", "2026-03-02T00:00:00+02:00"]);
        Assert.Equal(0, run.ExitCode);
        var (line, body) = Assert.Single(api.Requests);
        Assert.Equal("POST /v1/destinations/crm/replay", line);
        Assert.Equal(
            ("2026-03-01T00:00:00Z", "2026-03-01T22:00:00Z"), (body!.Value.GetProperty("from").GetString(), body.Value.GetProperty("to").GetString()));
    }

    [Theory]
    [InlineData(null, 1_000, 1, 0)]
    [InlineData(100.0, 100, 0.25, 0.75)]
    [InlineData(100.0, 100, 2, 0)]
    [InlineData(0.5, 1, 0, 2)]
    public void Wait_Rate_IsWhatIsMissingUntilTheNextPageMayBegin(double? rate, long sent, double elapsed, double wait) =>
        Assert.Equal(TimeSpan.FromSeconds(wait), new Pace(rate).Wait(sent, TimeSpan.FromSeconds(elapsed)));

    [Fact]
    public void Limit_Rate_IsASecondsWorth() => Assert.Equal([500, 1, 50, 500], new double?[] { null, 0.5, 50, 9_000 }.Select(rate => new Pace(rate).Limit));

    [Theory]
    [InlineData("2h", "2026-03-01T10:00:00Z")]
    [InlineData("7d", "2026-02-22T12:00:00Z")]
    [InlineData("2026-03-01T10:00:00+01:00", "2026-03-01T09:00:00Z")]
    [InlineData("2026-03-01T10:00:00", null)]
    [InlineData("h", null)]
    [InlineData("-2h", null)]
    public void ParseTime_Text_IsAbsoluteOrATimeAgo(string text, string? expected) => Assert.Equal(
        expected, Arguments.ParseTime(text, new DateTime(2026, 3, 1, 12, 0, 0, DateTimeKind.Utc)) is { } time ? Arguments.Text(time) : null);

    private static string Page(int selected, int written, string? cursor) => JsonSerializer.Serialize(new
    {
        scanned = selected,
        selected,
        written,
        excluded = 0,
        unreadable = 0,
        sample = new[] { new { message_id = "m1", type = "track", @event = "A", profile_id = "p" } },
        cursor,
    });
}
