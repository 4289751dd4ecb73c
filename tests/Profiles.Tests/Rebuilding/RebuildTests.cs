using Avro.Specific;
using cdp;
using Cdp.Contracts;
using Cdp.Profiles.Rebuilding;
using Cdp.Profiles.State;
using Cdp.Profiles.Storing;
using Cdp.Streaming;
using Confluent.Kafka;
using StackExchange.Redis;

namespace Cdp.Profiles.Tests.Rebuilding;

/// <summary>The job beside the running service.</summary>
public sealed class RebuildTests(Stack stack, ITestOutputHelper output) : IClassFixture<Stack>
{
    private static readonly string[] People = [.. Enumerable.Range(0, 20).Select(i => $"p{i}")];

    public static TheoryData<string> Redises => Stack.Redises;

    [Theory]
    [MemberData(nameof(Redises))]
    public async Task Rebuild_EventsMergesAndAccounts_IsEqual(string redis)
    {
        await using var installation = new Installation(stack, stack.Endpoint(redis));
        await installation.StartAsync();
        await HistoryAsync(installation, seed: 1);

        var (exit, report) = await RunAsync(installation, "--rebuild");

        Assert.Equal(0, exit);
        Assert.Contains("0 different, 0 in motion", report, StringComparison.Ordinal);
        await using var connection = await stack.ConnectAsync(redis);
        var (live, rebuilt) = (await StatesAsync(installation, connection, 0), await StatesAsync(installation, connection, 1));
        Assert.Contains(live.Values, profile => profile is { kind: Accounts.Kind, members.Count: > 1 });
        Assert.Contains(live.Values, profile => profile.mergedInto is not null);
        Assert.Equal(Texts(live), Texts(rebuilt));
    }

    [Theory]
    [MemberData(nameof(Redises))]
    public async Task Rebuild_SpoiledInRedisAndInTheLog_IsToldAndMendedBySwitchThenBackAndForget(string redis)
    {
        await using var installation = new Installation(stack, stack.Endpoint(redis));
        await installation.StartAsync();
        await HistoryAsync(installation, seed: 2);
        await using var connection = await stack.ConnectAsync(redis);
        await SettledAsync(installation, connection);
        var right = await StatesAsync(installation, connection, 0);
        var living = right.Values.Where(profile => profile is { mergedInto: null, kind: not Accounts.Kind, total: > 0 }).Select(profile => profile.profileId).Order().ToList();
        var (inRedis, inLog, away) = (living[0], living[1], living[2]);
        await connection.GetDatabase().StringSetAsync(installation.Keys.Profile(installation.Partition(inRedis), inRedis), installation.Codec.Encode(Topics.Profiles, Spoiled(right[inRedis])));
        await installation.SendAsync(Topics.Profiles, inLog, Spoiled(right[inLog]));
        await connection.GetDatabase().KeyDeleteAsync(installation.Keys.Profile(installation.Partition(away), away));

        var (found, report) = await RunAsync(installation, "--rebuild");
        Assert.Equal(1, found);
        Assert.Contains("3 different, 0 in motion", report, StringComparison.Ordinal);
        Assert.Contains($"different: {inRedis}: total: Redis {right[inRedis].total + 7}, rebuilt {right[inRedis].total}", report, StringComparison.Ordinal);
        Assert.Contains($"different: {inLog}: total: the topic profiles {right[inLog].total + 7}, rebuilt {right[inLog].total}", report, StringComparison.Ordinal);
        Assert.Contains($"different: {away}: total: Redis 0, rebuilt {right[away].total}", report, StringComparison.Ordinal);

        var (switched, mended) = await RunAsync(installation, "--rebuild=switch");
        Assert.Equal(0, switched);
        Assert.Contains($"different (corrected): {inRedis}", mended, StringComparison.Ordinal);
        Assert.Contains("generation 1 is in use; generation 0 is kept", mended, StringComparison.Ordinal);
        Assert.Equal(Texts(right), Texts(await StatesAsync(installation, connection, 1)));
        Assert.Equal(Texts(right), Texts(await StatesAsync(installation, connection, 0)));
        Assert.Equal(Texts(right), Texts(await LoggedAsync(installation)));
        Assert.Equal(1, (await RunAsync(installation, "--rebuild=switch")).Exit);

        // The service goes on in the new generation, and in the old one after the way back.
        await CountsOnAsync(installation, connection, inRedis, generation: 1, right[inRedis].total + 1);
        Assert.Equal(0, (await RunAsync(installation, "--rebuild=back")).Exit);
        await CountsOnAsync(installation, connection, inRedis, generation: 0, right[inRedis].total + 2);
        Assert.Equal(0, (await RunAsync(installation, "--rebuild=back")).Exit);
        await CountsOnAsync(installation, connection, inRedis, generation: 1, right[inRedis].total + 3);

        Assert.Equal(0, (await RunAsync(installation, "--rebuild=forget")).Exit);
        Assert.Empty(await StatesAsync(installation, connection, 0));
        Assert.Equal(1, (await RunAsync(installation, "--rebuild=back")).Exit);
        await CountsOnAsync(installation, connection, inRedis, generation: 1, right[inRedis].total + 4);
        Assert.Equal(0, (await RunAsync(installation, "--rebuild")).Exit);
        Assert.Equal(0, (await RunAsync(installation, "--rebuild=forget")).Exit);
        Assert.Empty(await StatesAsync(installation, connection, 2));
        await CountsOnAsync(installation, connection, inRedis, generation: 1, right[inRedis].total + 5);
    }

    [Fact]
    public async Task Rebuild_WhileEventsAndMergesGoOn_FindsNoDifferenceAndTheSwitchLosesNothing()
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
                // Of many profiles, each now and then; every tenth becomes part of another.
                var profileId = $"q{sent / 2}";
                await installation.SendAsync(Track(profileId, $"load{sent}"));
                if (sent % 20 == 19) await MergeAsync(installation, 1_000 + sent, profileId, $"q{random.Next(sent / 4)}");
                await Task.Delay(2);
            }
        }, TestContext.Current.CancellationToken);

        var (exit, report) = await RunAsync(installation, "--rebuild");
        var (switched, mended) = await RunAsync(installation, "--rebuild=switch");
        await stop.CancelAsync();
        await load;

        Assert.Contains(" 0 different", report, StringComparison.Ordinal);
        Assert.Contains(" 0 different", mended, StringComparison.Ordinal);
        Assert.Equal((0, 0), (exit, switched));
        await using var connection = await stack.ConnectAsync();
        await Eventually.Async(async () => (await StatesAsync(installation, connection, 1)).Values.Where(profile => profile.profileId.StartsWith('q')).Sum(profile => profile.total) == sent);
        Assert.Contains("0 different, 0 in motion", (await RunAsync(installation, "--rebuild")).Report, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rebuild_OlderThanTheLogReaches_IsTakenFromTheTopicProfiles()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        await installation.SendAsync([.. People.Select(profileId => Track(profileId, "old"))]);
        await using var connection = await stack.ConnectAsync();
        await Eventually.Async(async () => (await StatesAsync(installation, connection, 0)).Count == People.Length);
        using (var admin = new AdminClientBuilder(installation.Kafka.Admin()).Build())
        {
            await admin.DeleteRecordsAsync([.. Enumerable.Range(0, installation.Kafka.Partitions).Select(partition =>
                new TopicPartitionOffset(installation.Kafka.TopicPrefix + Topics.EventsIdentified.Name, partition, Offset.End))]);
        }
        await installation.SendAsync(Track(People[0], "new"), Track("young", "new"));
        await Eventually.Async(async () => (await StatesAsync(installation, connection, 0)) is var states && states[People[0]].total == 2 && states.ContainsKey("young"));

        var (exit, report) = await RunAsync(installation, "--rebuild");

        Assert.Equal(0, exit);
        Assert.Contains($"{People.Length + 1} equal, 0 different, 0 in motion; of all, {People.Length} have events older", report, StringComparison.Ordinal);
        Assert.Equal(Texts(await StatesAsync(installation, connection, 0)), Texts(await StatesAsync(installation, connection, 1)));
    }

    [Theory]
    [InlineData("--rebuild=now")]
    [InlineData("--rebuild=")]
    [InlineData("--rebuild --rebuild=switch")]
    public async Task Command_NotUnderstood_SaysWhatIs(string words)
    {
        var errors = new StringWriter();
        Assert.Equal(2, await RebuildCommand.RunAsync(words.Split(' '), TextWriter.Null, errors, TestContext.Current.CancellationToken));
        Assert.Contains("is not understood; --rebuild builds and compares, --rebuild=switch", errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Command_WrongOptions_NamesEach()
    {
        var errors = new StringWriter();
        Assert.Equal(2, await RebuildCommand.RunAsync(["--rebuild", "--Kafka:Partitions=0"], TextWriter.Null, errors, TestContext.Current.CancellationToken));
        Assert.Contains("Kafka:Partitions is 0", errors.ToString(), StringComparison.Ordinal);
        Assert.Contains("ProfileIds:Key is empty", errors.ToString(), StringComparison.Ordinal);
    }

    private async Task<(int Exit, string Report)> RunAsync(Installation installation, string what)
    {
        var (report, errors) = (new StringWriter(), new StringWriter());
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        var exit = await RebuildCommand.RunAsync([what, .. installation.Settings], report, errors, TestContext.Current.CancellationToken);
        output.WriteLine($"{what}: {exit} after {System.Diagnostics.Stopwatch.GetElapsedTime(started)}\n{report}{errors}");
        return (exit, report.ToString());
    }

    /// <summary>Events of all kinds under twenty profiles, of which some become part of others; late events of those too.</summary>
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

    private static IdentifiedEvent Track(string profileId, string messageId) => Some.Event(profileId, "track", 0, messageId, null, "A", Some.Id("user_id", profileId));

    private static async Task CountsOnAsync(Installation installation, IConnectionMultiplexer connection, string profileId, int generation, long total)
    {
        await installation.SendAsync(Track(profileId, $"on{total}"));
        await Eventually.Async(async () => (await StatesAsync(installation, connection, generation))[profileId].total == total);
    }

    /// <summary>Waits until the service has processed everything, and Redis has it.</summary>
    private static async Task SettledAsync(Installation installation, IConnectionMultiplexer connection)
    {
        using var progress = new LiveProgress(installation.Kafka);
        long[] ends = await Task.WhenAll(Enumerable.Range(0, installation.Kafka.Partitions).Select(partition => Changelog.EndAsync(installation.Kafka, Topics.EventsIdentified, partition)));
        Assert.True(await progress.PassAsync(ends, TestContext.Current.CancellationToken));
        await Eventually.Async(async () => Texts(await StatesAsync(installation, connection, 0)) == Texts(await LoggedAsync(installation)));
    }

    private static Profile Spoiled(Profile profile)
    {
        var spoiled = Folding.Empty(profile.profileId);
        Folding.Merge(spoiled, profile);
        spoiled.total += 7;
        return spoiled;
    }

    /// <summary>All profiles of a generation, by its keys.</summary>
    private static async Task<Dictionary<string, Profile>> StatesAsync(Installation installation, IConnectionMultiplexer connection, int generation)
    {
        var states = new Dictionary<string, Profile>();
        for (var partition = 0; partition < installation.Kafka.Partitions; partition++)
        {
            var start = installation.Keys.Profile(partition, "", generation);
            foreach (var key in connection.GetServers()[0].Keys(pattern: $"{start}*").ToList())
            {
                if ((byte[]?)await connection.GetDatabase().StringGetAsync(key) is { } bytes) states[((string)key!)[start.Length..]] = (Profile)installation.Codec.Decode(bytes);
            }
        }
        return states;
    }

    private static async Task<Dictionary<string, Profile>> LoggedAsync(Installation installation)
    {
        var states = new Dictionary<string, Profile>();
        for (var partition = 0; partition < installation.Kafka.Partitions; partition++)
        {
            await Changelog.ReadAsync(installation.Kafka, installation.Codec, Topics.Profiles, partition, 0, changes =>
            {
                foreach (var change in changes) states[change.Key!] = (Profile)change.Value!;
                return Task.CompletedTask;
            }, TestContext.Current.CancellationToken);
        }
        return states;
    }

    private static string Texts(Dictionary<string, Profile> states) => string.Join("\n\n", states.OrderBy(state => state.Key, StringComparer.Ordinal).Select(state => Some.Text(state.Value)));
}
