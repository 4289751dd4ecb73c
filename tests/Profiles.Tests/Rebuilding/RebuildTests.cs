using Avro.Specific;
using cdp;
using Cdp.Contracts;
using Cdp.Profiles.Rebuilding;
using Cdp.Profiles.State;
using Cdp.Streaming.Reading;
using Cdp.Testing;
using StackExchange.Redis;

namespace Cdp.Profiles.Tests.Rebuilding;

/// <summary>Rebuilds while the service is running.</summary>
[Trait("tier", "integration")]
public sealed class RebuildTests(Stack stack, ITestOutputHelper output) : IClassFixture<Stack>
{
    private static readonly string[] People = [.. Enumerable.Range(0, 20).Select(i => $"p{i}")];

    public static TheoryData<string> Redises => Stack.Redises;

    [Theory]
    [MemberData(nameof(Redises))]
    public async Task Rebuild_EventsMergesAndAccounts_FindsNoDifference(string redis)
    {
        await using var installation = new Installation(stack, stack.Endpoint(redis));
        await installation.StartAsync();
        await HistoryAsync(installation, seed: 1);

        var (exit, report) = await RunAsync(installation, "--rebuild");

        Assert.Equal(0, exit);
        Assert.Contains("0 different, 0 still changing", report, StringComparison.Ordinal);
        await using var connection = await stack.ConnectAsync(redis);
        var (live, rebuilt) = (await ProfileStates.InRedisAsync(installation, connection, 0), await ProfileStates.InRedisAsync(installation, connection, 1));
        Assert.Contains(live.Values, profile => profile is { kind: Accounts.Kind, members.Count: > 1 });
        Assert.Contains(live.Values, profile => profile.mergedInto is not null);
        Assert.Equal(ProfileStates.Text(live), ProfileStates.Text(rebuilt));
    }

    [Theory]
    [MemberData(nameof(Redises))]
    public async Task Rebuild_WrongStatesInRedisAndLog_AreReportedThenCorrectedBySwitch(string redis)
    {
        await using var installation = new Installation(stack, stack.Endpoint(redis));
        await installation.StartAsync();
        await HistoryAsync(installation, seed: 2);
        await using var connection = await stack.ConnectAsync(redis);
        await SettledAsync(installation, connection);
        var right = await ProfileStates.InRedisAsync(installation, connection, 0);
        var people = right.Values.Where(profile => profile is { mergedInto: null, kind: not Accounts.Kind, total: > 0 });
        var living = people.Select(profile => profile.profileId).Order().ToList();
        var (wrongInRedis, wrongInLog, missing) = (living[0], living[1], living[2]);
        await connection.GetDatabase().StringSetAsync(Key(wrongInRedis), installation.Codec.Encode(Topics.Profiles, Wrong(right[wrongInRedis])));
        await installation.SendAsync(Topics.Profiles, wrongInLog, Wrong(right[wrongInLog]));
        await connection.GetDatabase().KeyDeleteAsync(Key(missing));

        var (found, report) = await RunAsync(installation, "--rebuild");
        Assert.Equal(1, found);
        Assert.Contains("3 different, 0 still changing", report, StringComparison.Ordinal);
        AssertTotals(wrongInRedis, "Redis", right[wrongInRedis].total + 7);
        AssertTotals(wrongInLog, "the topic profiles", right[wrongInLog].total + 7);
        AssertTotals(missing, "Redis", 0);

        var (switched, corrected) = await RunAsync(installation, "--rebuild=switch");
        Assert.Equal(0, switched);
        Assert.Contains($"different (corrected): {wrongInRedis}", corrected, StringComparison.Ordinal);
        Assert.Contains("generation 1 is in use; generation 0 is kept", corrected, StringComparison.Ordinal);
        Assert.Equal(ProfileStates.Text(right), ProfileStates.Text(await ProfileStates.InRedisAsync(installation, connection, 1)));
        Assert.Equal(ProfileStates.Text(right), ProfileStates.Text(await ProfileStates.InRedisAsync(installation, connection, 0)));
        Assert.Equal(ProfileStates.Text(right), ProfileStates.Text(await ProfileStates.InLogAsync(installation)));

        string Key(string profileId) => installation.Keys.Profile(installation.Partition(profileId), profileId);

        void AssertTotals(string profileId, string where, long total) =>
            Assert.Contains($"different: {profileId}: total: {where} {total}, rebuilt {right[profileId].total}", report, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rollback", "cleanup")]
    [InlineData("back", "forget")]
    public async Task Rebuild_SwitchRollbackAndCleanup_ServiceContinuesInTheGenerationInUse(string rollback, string cleanup)
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        await HistoryAsync(installation, seed: 4);
        await using var connection = await stack.ConnectAsync();
        await SettledAsync(installation, connection);
        var states = await ProfileStates.InRedisAsync(installation, connection, 0);
        var living = states.Values.First(profile => profile is { mergedInto: null, kind: not Accounts.Kind, total: > 0 });
        var (profileId, total) = (living.profileId, living.total);

        Assert.Equal(0, await ExitCodeAsync("--rebuild=switch"));
        Assert.Equal(1, await ExitCodeAsync("--rebuild=switch"));
        await CountsOnAsync(generation: 1);
        Assert.Equal(0, await ExitCodeAsync($"--rebuild={rollback}"));
        await CountsOnAsync(generation: 0);
        Assert.Equal(0, await ExitCodeAsync($"--rebuild={rollback}"));
        await CountsOnAsync(generation: 1);

        Assert.Equal(0, await ExitCodeAsync($"--rebuild={cleanup}"));
        Assert.Empty(await ProfileStates.InRedisAsync(installation, connection, 0));
        Assert.Equal(1, await ExitCodeAsync($"--rebuild={rollback}"));
        await CountsOnAsync(generation: 1);
        Assert.Equal(0, await ExitCodeAsync("--rebuild"));
        Assert.Equal(0, await ExitCodeAsync($"--rebuild={cleanup}"));
        Assert.Empty(await ProfileStates.InRedisAsync(installation, connection, 2));
        await CountsOnAsync(generation: 1);

        async Task<int> ExitCodeAsync(string command) => (await RunAsync(installation, command)).Exit;

        async Task CountsOnAsync(int generation)
        {
            await installation.SendAsync(Track(profileId, $"on{++total}"));
            await Eventually.SucceedsAsync(async () => (await ProfileStates.InRedisAsync(installation, connection, generation))[profileId].total == total);
        }
    }

    [Fact]
    public async Task Rebuild_DuringEventsAndMerges_FindsNoDifferenceAndSwitchLosesNothing()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        await HistoryAsync(installation, seed: 3);
        using var stop = new CancellationTokenSource();
        var sent = 0;
        var load = Task.Run(async () =>
        {
            var random = new Random(3);
            for (; !stop.IsCancellationRequested; sent++)
            {
                // Two events of each of many profiles. Every tenth profile is merged into another.
                var profileId = $"q{sent / 2}";
                await installation.SendAsync(Track(profileId, $"load{sent}"));
                if (sent % 20 == 19) await MergeAsync(installation, 1_000 + sent, profileId, $"q{random.Next(sent / 4)}");
                await Task.Delay(2);
            }
        }, TestContext.Current.CancellationToken);

        var (exit, report) = await RunAsync(installation, "--rebuild");
        var (switched, reportOfSwitch) = await RunAsync(installation, "--rebuild=switch");
        await stop.CancelAsync();
        await load;

        Assert.Contains(" 0 different", report, StringComparison.Ordinal);
        Assert.Contains(" 0 different", reportOfSwitch, StringComparison.Ordinal);
        Assert.Equal((0, 0), (exit, switched));
        await using var connection = await stack.ConnectAsync();
        await Eventually.SucceedsAsync(async () =>
        {
            var states = await ProfileStates.InRedisAsync(installation, connection, 1);
            return states.Values.Where(profile => profile.profileId.StartsWith('q')).Sum(profile => profile.total) == sent;
        });
        Assert.Contains("0 different, 0 still changing", (await RunAsync(installation, "--rebuild")).Report, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rebuild_ProfilesOlderThanTheLog_AreTakenFromTheTopicProfiles()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        await installation.SendAsync([.. People.Select(profileId => Track(profileId, "old"))]);
        await using var connection = await stack.ConnectAsync();
        await Eventually.SucceedsAsync(async () => (await ProfileStates.InRedisAsync(installation, connection, 0)).Count == People.Length);
        await installation.DeleteEventsAsync();
        await installation.SendAsync(Track(People[0], "new"), Track("young", "new"));
        await Eventually.SucceedsAsync(async () =>
        {
            var states = await ProfileStates.InRedisAsync(installation, connection, 0);
            return states[People[0]].total == 2 && states.ContainsKey("young");
        });

        var (exit, report) = await RunAsync(installation, "--rebuild");

        Assert.Equal(0, exit);
        var expected = $"{People.Length + 1} equal, 0 different, 0 still changing; {People.Length} of all have events older";
        Assert.Contains(expected, report, StringComparison.Ordinal);
        var (live, rebuilt) = (await ProfileStates.InRedisAsync(installation, connection, 0), await ProfileStates.InRedisAsync(installation, connection, 1));
        Assert.Equal(ProfileStates.Text(live), ProfileStates.Text(rebuilt));
    }

    [Fact]
    public async Task Rebuild_UndecodableRecordsAndInvalidTraits_ReportsSkippedRecordsAndNoDifference()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        await installation.SendAsync(Track("p", "m1"));
        await installation.SendAsync(Topics.EventsIdentified, "p", [1, 2, 3]);
        await installation.SendAsync(
            Some.Event("p", "identify", 1, "m2", """{"bad\ud83d":"v","ok":1}""", null, Some.Id("user_id", "p")),
            Some.Event("p", "identify", 2, "m3", "[]", null, Some.Id("user_id", "p")), Track("p", "m4"));
        await using var connection = await stack.ConnectAsync();
        await Eventually.SucceedsAsync(async () => (await ProfileStates.InRedisAsync(installation, connection, 0))["p"].total == 4);

        var (exit, report) = await RunAsync(installation, "--rebuild");

        Assert.Contains("4 events; 1 undecodable records skipped", report, StringComparison.Ordinal);
        var place = $"{installation.Kafka.TopicPrefix}events.identified partition {installation.Partition("p")} offset 1";
        Assert.Contains($"skipped: {place}: ", report, StringComparison.Ordinal);
        Assert.Contains(" 0 different, 0 still changing", report, StringComparison.Ordinal);
        Assert.Equal(0, exit);
    }

    private async Task<(int Exit, string Report)> RunAsync(Installation installation, string what)
    {
        var (report, errors) = (new StringWriter(), new StringWriter());
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        var exit = await RebuildCommand.RunAsync([what, .. installation.Settings], report, errors, TestContext.Current.CancellationToken);
        output.WriteLine($"{what}: {exit} after {System.Diagnostics.Stopwatch.GetElapsedTime(started)}\n{report}{errors}");
        return (exit, report.ToString());
    }

    /// <summary>Sends events of all kinds for twenty profiles. Some of these are merged, and get late events afterwards.</summary>
    private static async Task HistoryAsync(Installation installation, int seed)
    {
        var random = new Random(seed);
        var sequence = 0L;
        var living = People.ToList();
        for (var i = 0; i < 300; i++)
        {
            var (profileId, second) = (People[random.Next(People.Length)], random.Next(1_000));
            ISpecificRecord record = random.Next(4) switch
            {
                0 => Some.Event(profileId, "identify", second, $"m{i}", $$"""{"plan":{{i}},"t{{i % 3}}":"é"}""", null, Some.Id("user_id", profileId)),
                1 => Some.Group(profileId, $"g{i % 3}", second, $"m{i}", $$"""{"size":{{i}}}""", Some.Id("user_id", profileId)),
                _ => Some.Event(profileId, "track", second, $"m{i}", null, $"E{i % 4}", Some.Id("user_id", profileId)),
            };
            await installation.SendAsync(record);
            if (i % 40 != 39) continue;
            var (winner, loser) = (living[random.Next(living.Count)], living[random.Next(living.Count)]);
            if (winner == loser) continue;
            living.Remove(loser);
            await MergeAsync(installation, ++sequence, loser, winner);
        }
        await installation.SendAsync(Some.Identify(living[0], "[]"), Track("last", "last"));
    }

    private static async Task MergeAsync(Installation installation, long sequence, string loser, string winner)
    {
        await installation.SendAsync(Topics.IdentityDecisions, null, new IdentityDecision
        {
            sequence = sequence,
            kind = "merged",
            profileId = winner,
            identifiers = [],
            merged = [loser],
            messageId = "m",
            request = Some.At("cdp.identity.requests", 0, sequence),
            decidedAt = Some.Noon,
            dropped = [],
            family = [],
        });
        await installation.SendAsync(Some.Merged(loser, winner, sequence));
    }

    private static IdentifiedEvent Track(string profileId, string messageId) =>
        Some.Event(profileId, "track", 0, messageId, null, "A", Some.Id("user_id", profileId));

    /// <summary>Waits until the service has processed all records and written the profiles to Redis.</summary>
    private static async Task SettledAsync(Installation installation, IConnectionMultiplexer connection)
    {
        using var progress = new LiveProgress(installation.Kafka);
        var partitions = Enumerable.Range(0, installation.Kafka.Partitions);
        long[] ends = await Task.WhenAll(partitions.Select(partition => Changelog.EndAsync(installation.Kafka, Topics.EventsIdentified, partition)));
        Assert.True(await progress.WaitAsync(ends, TestContext.Current.CancellationToken));
        await Eventually.SucceedsAsync(async () =>
        {
            var (inRedis, inLog) = (await ProfileStates.InRedisAsync(installation, connection, 0), await ProfileStates.InLogAsync(installation));
            return ProfileStates.Text(inRedis) == ProfileStates.Text(inLog);
        });
    }

    private static Profile Wrong(Profile profile)
    {
        var wrong = Folding.Empty(profile.profileId);
        Some.Folding.Merge(wrong, profile);
        wrong.total += 7;
        return wrong;
    }
}
