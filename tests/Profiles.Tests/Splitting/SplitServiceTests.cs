using System.Text.Json;
using cdp;
using Cdp.Contracts;
using Cdp.Profiles.Rebuilding;
using StackExchange.Redis;

namespace Cdp.Profiles.Tests.Splitting;

/// <summary>A split, from the record on events.identified to both profiles and the report, by the whole service on the embedded broker.</summary>
public sealed class SplitServiceTests(Stack stack) : IClassFixture<Stack>
{
    private static readonly Identifier User = Some.Id("user_id", "u");
    private static readonly Identifier Visitor = Some.Id("anonymous_id", "a");

    [Fact]
    public async Task Service_Split_BothSidesFoldedAnewAndLateEventsFollow()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        await RootsAsync(installation, "r", "r");
        await installation.SendAsync(
            Some.Event("l", "track", 1, "m1", null, "A", Visitor), Some.Event("l", "identify", 2, "m2", """{"plan":"visitor's"}""", null, Visitor), Some.Merged("l", "r", 1),
            Some.Event("r", "track", 3, "m3", null, "A", User, Visitor), Some.Event("r", "identify", 4, "m4", """{"name":"user's"}""", null, User), Some.Event("r", "track", 5, "m5", null, "A", Visitor));
        await installation.UntilCountedAsync("user_id/u", "A", 3);

        await installation.SendAsync(Split(7), Some.Event("l", "track", 6, "m6", null, "A", Visitor));
        var report = await ReportAsync(installation, 7);
        await RootsAsync(installation, "r", "n");
        var left = await installation.UntilCountedAsync("anonymous_id/a", "A", 3);
        var kept = await installation.UntilCountedAsync("user_id/u", "A", 1);

        Assert.Equal(("n", """{"plan":"visitor's"}""", """[{"type":"anonymous_id","value":"a"}]"""), (left.GetProperty("profile_id").GetString(), left.GetProperty("traits").GetRawText(), left.GetProperty("identifiers").GetRawText()));
        Assert.Equal(("r", """{"name":"user's"}""", """[{"type":"user_id","value":"u"}]"""), (kept.GetProperty("profile_id").GetString(), kept.GetProperty("traits").GetRawText(), kept.GetProperty("identifiers").GetRawText()));
        Assert.Equal((7, "r", "n", 2), (report.GetProperty("sequence").GetInt32(), report.GetProperty("profile_id").GetString(), report.GetProperty("into").GetString(), report.GetProperty("recomputed").GetProperty("r").GetInt32()));
        Assert.Equal(0, report.GetProperty("kept").GetProperty("events").GetInt32());
        await installation.SendAsync(Some.Event("l", "track", 7, "m7", null, "A", Visitor));
        await installation.UntilCountedAsync("anonymous_id/a", "A", 4);
    }

    [Fact]
    public async Task Service_SplitAfterRetention_WhatIsGoneStaysAndIsNamed()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        await RootsAsync(installation, "r", "n");
        await installation.SendAsync(
            Some.Event("r", "track", 1, "m1", null, "Old", Visitor), Some.Event("r", "identify", 2, "m2", """{"plan":"old"}""", null, Visitor), Some.Event("r", "track", 3, "m3", null, "Old", User));
        await installation.UntilCountedAsync("user_id/u", "Old", 2);
        await installation.ForgetAsync();
        await installation.SendAsync(Some.Event("r", "track", 4, "m4", null, "Old", User), Some.Event("r", "track", 5, "m5", null, "New", Visitor), Split(9));

        var report = await ReportAsync(installation, 9);
        var left = await installation.UntilCountedAsync("anonymous_id/a", "New", 1);
        var kept = await installation.UntilCountedAsync("user_id/u", "Old", 3);

        Assert.False(left.GetProperty("counts").TryGetProperty("Old", out _));
        Assert.False(kept.GetProperty("counts").TryGetProperty("New", out _));
        Assert.Equal("""{"plan":"old"}""", kept.GetProperty("traits").GetRawText());
        var rest = report.GetProperty("kept");
        Assert.Equal((3, """{"$identify":1,"Old":2}""", """["plan"]"""), (rest.GetProperty("events").GetInt32(), rest.GetProperty("counts").GetRawText(), rest.GetProperty("traits").GetRawText()));
        Assert.NotEqual(JsonValueKind.Null, rest.GetProperty("before").ValueKind);
    }

    [Fact]
    public async Task Service_RestartedWhileASplitIsPending_FinishesIt()
    {
        await using var installation = new Installation(stack);
        await RootsAsync(installation, "r", "n");
        await installation.StartAsync();
        await installation.SendAsync(Some.Event("r", "track", 1, "m1", null, "A", Visitor), Some.Event("r", "track", 2, "m2", null, "A", User), Split(3));
        await using (var connection = await stack.ConnectAsync())
        {
            await Eventually.Async(async () => (await connection.GetDatabase().SetMembersAsync($"{installation.Kafka.TopicPrefix}profiles-splits:{{p{installation.Partition("r")}}}")).Length == 1);
        }
        await installation.StopAsync();

        await installation.StartAsync();

        await ReportAsync(installation, 3);
        await installation.UntilCountedAsync("anonymous_id/a", "A", 1);
        await installation.UntilCountedAsync("user_id/u", "A", 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rebuild_OfAProfileThatWasSplit_IsEqualAndLaterEventsGoToTheRightSide(bool isMergedAgain)
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        await RootsAsync(installation, "r", "r");
        await DecideAsync(installation, new IdentityDecision { sequence = 1, kind = "merged", profileId = "r", identifiers = [User, Visitor], merged = ["l"] });
        await installation.SendAsync(
            Some.Event("l", "track", 1, "m1", null, "A", Visitor), Some.Merged("l", "r", 1), Some.Event("r", "track", 3, "m3", null, "A", User, Visitor), Some.Event("r", "track", 5, "m5", null, "A", Visitor));
        await installation.UntilCountedAsync("user_id/u", "A", 3);
        await DecideAsync(installation, new IdentityDecision { sequence = 2, kind = "split", profileId = "r", into = "n", identifiers = [Visitor], merged = [], family = ["l", "r"] });
        await installation.SendAsync(Split(2));
        await ReportAsync(installation, 2);
        await RootsAsync(installation, "r", "n");
        await installation.UntilCountedAsync("anonymous_id/a", "A", 2);
        await installation.UntilCountedAsync("user_id/u", "A", 1);
        if (isMergedAgain)
        {
            await DecideAsync(installation, new IdentityDecision { sequence = 3, kind = "merged", profileId = "r", identifiers = [User, Visitor], merged = ["n"] });
            await installation.SendAsync(Some.Merged("n", "r", 3));
            await RootsAsync(installation, "r", "r");
            await installation.UntilCountedAsync("anonymous_id/a", "A", 3);
        }

        foreach (var command in new[] { "--rebuild", "--rebuild=switch" })
        {
            var report = new StringWriter();
            Assert.True(await RebuildCommand.RunAsync([command, .. installation.Settings], report, report, TestContext.Current.CancellationToken) == 0, report.ToString());
            Assert.Contains(" 0 different, 0 in motion", report.ToString(), StringComparison.Ordinal);
        }

        // One was on its way under the profile that ended first.
        await installation.SendAsync(Some.Event("l", "track", 6, "m6", null, "A", Visitor), Some.Event("r", "track", 7, "m7", null, "A", User));
        await installation.UntilCountedAsync("anonymous_id/a", "A", isMergedAgain ? 5 : 3);
        await installation.UntilCountedAsync("user_id/u", "A", isMergedAgain ? 5 : 2);
    }

    private static Task DecideAsync(Installation installation, IdentityDecision decision)
    {
        (decision.messageId, decision.request, decision.decidedAt) = ("m", Some.At("cdp.identity.requests", 0, decision.sequence), Some.Noon);
        decision.dropped ??= [];
        decision.family ??= [];
        return installation.SendAsync(Topics.IdentityDecisions, null, decision);
    }

    private static ProfileSplit Split(long sequence) =>
        new() { profileId = "r", into = ["n"], sequence = sequence, decidedAt = Some.Noon, identifiers = [Visitor], family = ["l", "r"] };

    /// <summary>As the linker would.</summary>
    private async Task RootsAsync(Installation installation, string user, string visitor)
    {
        await using var connection = await stack.ConnectAsync();
        await connection.GetDatabase().StringSetAsync([new(installation.Keys.Root(User), $"1 {user}"), new(installation.Keys.Root(Visitor), $"1 {visitor}")]);
    }

    private async Task<JsonElement> ReportAsync(Installation installation, long sequence)
    {
        await using var connection = await stack.ConnectAsync();
        RedisValue report = default;
        await Eventually.Async(async () => !(report = await connection.GetDatabase().StringGetAsync(installation.Keys.SplitReport(sequence))).IsNull);
        return JsonDocument.Parse(report.ToString()).RootElement;
    }
}
