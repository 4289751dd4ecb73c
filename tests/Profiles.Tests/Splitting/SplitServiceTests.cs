using System.Text.Json;
using cdp;
using Cdp.Contracts;
using Cdp.LocalKafka.Faults;
using Cdp.LocalKafka.Protocol;
using Cdp.Profiles.Splitting.Jobs;
using Cdp.Profiles.State;
using Cdp.Testing;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Cdp.Profiles.Tests.Splitting;

/// <summary>
/// Splits profiles with the whole service on the embedded broker, from the record on events.identified to both profiles and the report.
/// </summary>
[Trait("tier", "integration")]
public sealed class SplitServiceTests(Stack stack) : IClassFixture<Stack>
{
    private static readonly Identifier User = Some.Id("user_id", "u");
    private static readonly Identifier Visitor = Some.Id("anonymous_id", "a");

    [Fact]
    public async Task Service_Split_RecomputesBothProfilesAndForwardsLateEvents()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        await RootsAsync(installation, "r", "r");
        await installation.SendAsync(
            Some.Event("l", "track", 1, "m1", null, "A", Visitor),
            Some.Event("l", "identify", 2, "m2", """{"plan":"visitor's"}""", null, Visitor),
            Some.Merged("l", "r", 1),
            Some.Event("r", "track", 3, "m3", null, "A", User, Visitor),
            Some.Event("r", "identify", 4, "m4", """{"name":"user's"}""", null, User),
            Some.Event("r", "track", 5, "m5", null, "A", Visitor));
        await installation.UntilCountedAsync("user_id/u", "A", 3);

        await installation.SendAsync(Split(7), Some.Event("l", "track", 6, "m6", null, "A", Visitor));
        var report = await ReportAsync(installation, 7);
        await RootsAsync(installation, "r", "n");
        var splitOff = await installation.UntilCountedAsync("anonymous_id/a", "A", 3);
        var kept = await installation.UntilCountedAsync("user_id/u", "A", 1);

        Assert.Equal(("n", """{"plan":"visitor's"}"""), (splitOff.Text("profile_id"), splitOff.Raw("traits")));
        Assert.Equal("""[{"type":"anonymous_id","value":"a"}]""", splitOff.Raw("identifiers"));
        Assert.Equal("[]", splitOff.Raw("absorbed"));
        Assert.Equal(("r", """{"name":"user's"}"""), (kept.Text("profile_id"), kept.Raw("traits")));
        Assert.Equal("""[{"type":"user_id","value":"u"}]""", kept.Raw("identifiers"));
        Assert.Equal((7, "r", "n"), (report.Int("sequence"), report.Text("profile_id"), report.Text("into")));
        Assert.Equal((2, 0), (report.Int("recomputed", "r"), report.Int("kept", "events")));
        await installation.SendAsync(Some.Event("l", "track", 7, "m7", null, "A", Visitor));
        await installation.UntilCountedAsync("anonymous_id/a", "A", 4);
    }

    [Fact]
    public async Task Service_SplitAfterRetention_KeepsAndReportsEventsNoLongerInTheLog()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        await RootsAsync(installation, "r", "n");
        await installation.SendAsync(
            Some.Event("r", "track", 1, "m1", null, "Old", Visitor),
            Some.Event("r", "identify", 2, "m2", """{"plan":"old"}""", null, Visitor),
            Some.Event("r", "track", 3, "m3", null, "Old", User));
        await installation.UntilCountedAsync("user_id/u", "Old", 2);
        await installation.DeleteEventsAsync();
        await installation.SendAsync(Some.Event("r", "track", 4, "m4", null, "Old", User), Some.Event("r", "track", 5, "m5", null, "New", Visitor), Split(9));

        var report = await ReportAsync(installation, 9);
        var splitOff = await installation.UntilCountedAsync("anonymous_id/a", "New", 1);
        var kept = await installation.UntilCountedAsync("user_id/u", "Old", 3);

        Assert.False(splitOff.GetProperty("counts").TryGetProperty("Old", out _));
        Assert.False(kept.GetProperty("counts").TryGetProperty("New", out _));
        Assert.Equal("""{"plan":"old"}""", kept.Raw("traits"));
        var rest = report.GetProperty("kept");
        Assert.Equal((3, """{"$identify":1,"Old":2}""", """["plan"]"""), (rest.Int("events"), rest.Raw("counts"), rest.Raw("traits")));
        Assert.NotEqual(JsonValueKind.Null, rest.GetProperty("before").ValueKind);
    }

    [Fact]
    public async Task Service_RestartDuringPendingSplit_FinishesIt()
    {
        await using var installation = new Installation(stack);
        await RootsAsync(installation, "r", "n");
        await installation.StartAsync();
        await installation.SendAsync(Some.Event("r", "track", 1, "m1", null, "A", Visitor), Some.Event("r", "track", 2, "m2", null, "A", User), Split(3));
        await using (var connection = await stack.ConnectAsync())
        {
            var key = $"{installation.Kafka.TopicPrefix}profiles-splits:{{p{installation.Partition("r")}}}";
            await Eventually.SucceedsAsync(async () => (await connection.GetDatabase().SetMembersAsync(key)).Length == 1);
        }
        await installation.StopAsync();

        await installation.StartAsync();

        await ReportAsync(installation, 3);
        await installation.UntilCountedAsync("anonymous_id/a", "A", 1);
        await installation.UntilCountedAsync("user_id/u", "A", 1);
    }

    [Fact]
    public async Task Service_FailingSplit_IsGivenUpWithReasonWhileOthersFinish()
    {
        await using var installation = new Installation(stack);
        await RootsAsync(installation, "r", "n");
        var unreadable = Some.Profile("s", Some.Track("s", "A"));
        unreadable.pending.Add(new PendingSplit
        {
            sequence = 1,
            into = "t",
            identifiers = [Visitor],
            family = ["s"],
            cuts = [Some.Identified(0, 1)],
            before = [1, 2, 3],
        });
        await installation.SendAsync(Topics.Profiles, "s", unreadable);
        await installation.StartAsync(services => services.AddSingleton(new SplitRetries { Attempts = 3, FirstPause = TimeSpan.FromMilliseconds(50) }));
        const string Expected = "1 given up until the next start, such as the split of profile s: ";
        await Eventually.SucceedsAsync(async () => (await installation.PartAsync("splits")).Detail.StartsWith(Expected, StringComparison.Ordinal));
        Assert.True((await installation.PartAsync("splits")).Ready);
        await using (var connection = await stack.ConnectAsync())
        {
            Assert.NotEqual("", (await connection.GetDatabase().StringGetAsync(installation.Keys.SplitFailure(1))).ToString());
        }

        await installation.SendAsync(Some.Event("r", "track", 1, "m1", null, "A", Visitor), Some.Event("r", "track", 2, "m2", null, "A", User), Split(3));

        await ReportAsync(installation, 3);
        await installation.UntilCountedAsync("anonymous_id/a", "A", 1);
        await installation.UntilCountedAsync("user_id/u", "A", 1);
    }

    [Fact]
    public async Task Service_OutageDuringASplit_IsReportedUntilTheSplitContinues()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        await RootsAsync(installation, "r", "n");
        await installation.SendAsync(Some.Event("r", "track", 1, "m1", null, "A", Visitor), Some.Event("r", "track", 2, "m2", null, "A", User));
        await installation.UntilCountedAsync("user_id/u", "A", 2);

        // The loop reads its offsets only when it gets partitions, so the fault affects only the job.
        using (stack.Faults.Add(new Fault { Api = ApiKey.OffsetFetch, Error = ErrorCode.GroupAuthorizationFailed }))
        {
            await installation.SendAsync(Split(3));
            await UntilWaitingAsync(installation);
        }

        await ReportAsync(installation, 3);
        await Eventually.EqualAsync((true, ""), () => installation.PartAsync("splits"), "no split waits");
    }

    [Fact]
    public async Task Service_SplitWaitsForAStalledLoop_IsReportedUntilTheLoopContinues()
    {
        await using var installation = new Installation(stack);
        await RootsAsync(installation, "r", "n");
        var profile = Some.Profile("r", Some.Event("r", "track", 1, "m1", null, "A", Visitor), Some.Event("r", "track", 2, "m2", null, "A", User));
        profile.pending.Add(new PendingSplit { sequence = 3, into = "n", identifiers = [Visitor], family = ["r"], cuts = [], before = [] });
        await installation.SendAsync(Topics.Profiles, "r", profile);
        await installation.SendAsync(Some.Event("s", "track", 1, "m3", null, "A", Some.Id("user_id", "other")));

        // The loop reads the last event and cannot commit it.
        using (stack.Faults.Add(new Fault { Api = ApiKey.TxnOffsetCommit, Error = ErrorCode.CoordinatorLoadInProgress }))
        {
            await installation.StartAsync();
            await UntilWaitingAsync(installation);
            Assert.Contains("the group profiles", (await installation.PartAsync("splits")).Detail, StringComparison.Ordinal);
        }

        await ReportAsync(installation, 3);
        await Eventually.EqualAsync((true, ""), () => installation.PartAsync("splits"), "no split waits");
    }

    private static Task UntilWaitingAsync(Installation installation) => Eventually.SucceedsAsync(
        async () => (await installation.PartAsync("splits")).Detail.StartsWith("waiting: ", StringComparison.Ordinal));

    [Fact]
    public async Task Service_SplitOfProfileAtItsBounds_RecomputesBothAndLeavesNoPart()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        await RootsAsync(installation, "r", "n");
        for (var i = 0; i < 2 * Bounds.Default.Events; i += 50)
        {
            var events = Enumerable.Range(i, 50).Select(n => Some.Event("r", "track", n, $"m{n}", null, $"E{n}", n % 2 == 0 ? User : Visitor));
            await installation.SendAsync([.. events]);
        }
        await installation.SendAsync(Some.Event("r", "track", 1, "a", null, "A", User), Some.Event("r", "track", 1, "b", null, "A", Visitor), Split(3));

        await ReportAsync(installation, 3);
        foreach (var path in new[] { "user_id/u", "anonymous_id/a" })
        {
            JsonElement side = default;
            await Eventually.SucceedsAsync(async () => (side = (await installation.GetAsync(path)).Body).Int("total") == Bounds.Default.Events + 1);
            Assert.Equal(Bounds.Default.Events, side.GetProperty("counts").EnumerateObject().Count());
            Assert.Equal(1, side.Int("other_events", "count"));
        }
        await using var connection = await stack.ConnectAsync();
        Assert.Empty(connection.GetServer(stack.RedisEndpoint).Keys(pattern: $"{installation.Kafka.TopicPrefix}profile:*/*").ToList());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rebuild_AfterSplit_FindsNoDifferenceAndLaterEventsGoToTheirOwner(bool isMergedAgain)
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        await RootsAsync(installation, "r", "r");
        await DecideAsync(installation, new IdentityDecision { sequence = 1, kind = "merged", identifiers = [User, Visitor], merged = ["l"] });
        await installation.SendAsync(
            Some.Event("l", "track", 1, "m1", null, "A", Visitor),
            Some.Merged("l", "r", 1),
            Some.Event("r", "track", 3, "m3", null, "A", User, Visitor),
            Some.Event("r", "track", 5, "m5", null, "A", Visitor));
        await installation.UntilCountedAsync("user_id/u", "A", 3);
        await DecideAsync(
            installation, new IdentityDecision { sequence = 2, kind = "split", into = "n", identifiers = [Visitor], merged = [], family = ["l", "r"] });
        await installation.SendAsync(Split(2));
        await ReportAsync(installation, 2);
        await RootsAsync(installation, "r", "n");
        await installation.UntilCountedAsync("anonymous_id/a", "A", 2);
        await installation.UntilCountedAsync("user_id/u", "A", 1);
        if (isMergedAgain)
        {
            await DecideAsync(installation, new IdentityDecision { sequence = 3, kind = "merged", identifiers = [User, Visitor], merged = ["n"] });
            await installation.SendAsync(Some.Merged("n", "r", 3));
            await RootsAsync(installation, "r", "r");
            await installation.UntilCountedAsync("anonymous_id/a", "A", 3);
        }

        foreach (var command in new[] { "--rebuild", "--rebuild=switch" })
        {
            var report = new StringWriter();
            var exit = await RebuildCommand.RunAsync([command, .. installation.Settings], report, report, TestContext.Current.CancellationToken);
            Assert.True(exit == 0, report.ToString());
            Assert.Contains(" 0 different, 0 still changing", report.ToString(), StringComparison.Ordinal);
        }

        // The first event was sent to the profile that was merged first.
        await installation.SendAsync(Some.Event("l", "track", 6, "m6", null, "A", Visitor), Some.Event("r", "track", 7, "m7", null, "A", User));
        await installation.UntilCountedAsync("anonymous_id/a", "A", isMergedAgain ? 5 : 3);
        await installation.UntilCountedAsync("user_id/u", "A", isMergedAgain ? 5 : 2);
    }

    private static Task DecideAsync(Installation installation, IdentityDecision decision)
    {
        (decision.profileId, decision.messageId, decision.decidedAt) = ("r", "m", Some.Noon);
        decision.request = Some.At("cdp.identity.requests", 0, decision.sequence);
        decision.dropped ??= [];
        decision.family ??= [];
        return installation.SendAsync(Topics.IdentityDecisions, null, decision);
    }

    private static ProfileSplit Split(long sequence) =>
        new() { profileId = "r", into = ["n"], sequence = sequence, decidedAt = Some.Noon, identifiers = [Visitor], family = ["l", "r"] };

    /// <summary>Writes roots as the linker would.</summary>
    private async Task RootsAsync(Installation installation, string user, string visitor)
    {
        await using var connection = await stack.ConnectAsync();
        await connection.GetDatabase().StringSetAsync(
            [new(installation.Keys.Root(User), $"1 {user}"), new(installation.Keys.Root(Visitor), $"1 {visitor}")]);
    }

    private async Task<JsonElement> ReportAsync(Installation installation, long sequence)
    {
        await using var connection = await stack.ConnectAsync();
        RedisValue report = default;
        await Eventually.SucceedsAsync(async () => !(report = await connection.GetDatabase().StringGetAsync(installation.Keys.SplitReport(sequence))).IsNull);
        return JsonDocument.Parse(report.ToString()).RootElement;
    }
}
