using System.Text.Json;
using cdp;
using Cdp.Contracts;
using Cdp.Profiles.Splitting.Jobs;
using Cdp.Profiles.State;
using Cdp.Profiles.Storing;
using Cdp.Streaming.Admin;
using Cdp.Streaming.Failures;
using Cdp.Streaming.Observability;
using Cdp.Testing;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Cdp.Profiles.Tests;

/// <summary>Runs the whole service on the embedded broker.</summary>
[Trait("tier", "integration")]
public sealed class ServiceTests(Stack stack) : IClassFixture<Stack>
{
    public static TheoryData<string> Redises => Stack.Redises;

    [Theory]
    [MemberData(nameof(Redises))]
    public async Task Service_Events_AreFoldedIntoProfileReturnedByTheApi(string redis)
    {
        await using var installation = new Installation(stack, stack.Endpoint(redis));
        await installation.StartAsync();
        var user = Some.Id("user_id", "u/1+é");
        var profileId = installation.Ids.Implied(user);
        await installation.SendAsync(
            Some.Event(profileId, "identify", 1, "m1", """{"name":"Zoë","tags":[1, 2],"gone":null}""", null, user),
            Some.Event(profileId, "track", 2, "m2", null, "Order Completed", user));

        var profile = await installation.UntilCountedAsync("user_id/u%2F1+%C3%A9?provenance=true", "Order Completed", 1);

        Assert.Equal(profileId, profile.Text("profile_id"));
        Assert.Equal("""[{"type":"user_id","value":"u/1+é"}]""", profile.Raw("identifiers"));
        Assert.Equal("""{"name":"Zoë","tags":[1, 2]}""", profile.Raw("traits"));
        Assert.Equal("""{"count":1,"first":"2026-01-01T12:00:01Z","last":"2026-01-01T12:00:01Z"}""", profile.Raw("counts", "$identify"));
        Assert.Equal(("2026-01-01T12:00:01Z", "2026-01-01T12:00:02Z"), (profile.Text("first_seen"), profile.Text("last_seen")));
        var reflected = Assert.Single(profile.GetProperty("reflects").EnumerateArray());
        Assert.Equal(installation.Kafka.TopicPrefix + "events.identified", reflected.Text("topic"));
        Assert.Equal((installation.Partition(profileId), 1), (reflected.Int("partition"), reflected.Int("offset")));
        Assert.Equal(["gone", "name", "tags"], profile.GetProperty("provenance").EnumerateObject().Select(trait => trait.Name));
        Assert.Equal(("m1", 0), (profile.Text("provenance", "gone", "message_id"), profile.Int("provenance", "gone", "offset")));
    }

    [Fact]
    public async Task Service_MergeAcrossPartitions_WinnerGetsAllEventsIncludingLateOnes()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        await installation.SendAsync(
            Some.Track("loser", "A"), Some.Track("winner", "A"), Some.Merged("loser", "winner"), Some.Track("loser", "A", messageId: "late"));
        await using var connection = await stack.ConnectAsync();
        await connection.GetDatabase().StringSetAsync(installation.Keys.Root(Some.Id("anonymous_id", "a")), "1 loser");

        var profile = await installation.UntilCountedAsync("anonymous_id/a", "A", 3);

        Assert.Equal("winner", profile.Text("profile_id"));
    }

    [Fact]
    public async Task Service_RedisEmptiedWhileRunning_RestoresProfilesBeforeTheNextFold()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        await stack.LinkAsync(installation);
        await installation.SendAsync(Some.Track("p", "A"), Some.Track("p", "A"));
        await installation.UntilCountedAsync("user_id/p", "A", 2);

        await EmptyAsync(installation);
        await stack.LinkAsync(installation);
        await installation.SendAsync(Some.Track("p", "A"));

        await installation.UntilCountedAsync("user_id/p", "A", 3);
    }

    [Fact]
    public async Task Service_StartedWithEmptyRedis_RestoresProfilesFromTheLog()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        await stack.LinkAsync(installation);
        await installation.SendAsync(Some.Track("p", "A"), Some.Track("q", "B"), Some.Track("p", "A"));
        await installation.UntilCountedAsync("user_id/p", "A", 2);
        await installation.UntilCountedAsync("user_id/q", "B", 1);
        await installation.StopAsync();
        await EmptyAsync(installation);
        await stack.LinkAsync(installation);

        await installation.StartAsync();

        await installation.UntilCountedAsync("user_id/p", "A", 2);
        await installation.UntilCountedAsync("user_id/q", "B", 1);
    }

    [Fact]
    public async Task Service_TraitsNotAnObject_CountsTheEventAndReportsTheCut()
    {
        await using var installation = new Installation(stack);
        await installation.StartAsync();
        await stack.LinkAsync(installation);
        await installation.SendAsync(Some.Track("p", "A"), Some.Identify("p", "[]"), Some.Track("p", "A"));

        var profile = await installation.UntilCountedAsync("user_id/p", "A", 2);

        Assert.Equal(1, profile.Int("counts", "$identify", "count"));
        Assert.Equal("""["traits"]""", profile.Raw("cut"));
    }

    [Fact]
    public async Task Service_StateFromBeforeTheBounds_IsCutAtTheNextFold()
    {
        await using var installation = new Installation(stack);
        await stack.LinkAsync(installation);
        var old = Some.Profile("p", Some.Track("p", "A"));
        (old.bounds, old.total) = (0, 2_000);
        for (var i = 0; i < 1_999; i++) old.counts[$"E{i:d4}"] = new EventCount { count = 1, first = Some.Noon, last = Some.Noon };
        old.traits["blob"] = new Trait { value = $"\"{new string('x', 900_000)}\"", timestamp = Some.Noon, messageId = "m", position = Some.Identified(0, 0) };
        await installation.SendAsync(Topics.Profiles, "p", old);
        await installation.StartAsync();
        await installation.SendAsync(Some.Identify("p", """{"plan":"pro"}""", 5, "m2"));

        JsonElement profile = default;
        await Eventually.SucceedsAsync(async () => (profile = (await installation.GetAsync("user_id/p")).Body).Int("total") == 2_001);

        var counts = profile.GetProperty("counts").EnumerateObject().Select(count => count.Value.Int("count")).ToList();
        Assert.Equal((Bounds.Default.Events, 2_001), (counts.Count, counts.Sum() + profile.Int("other_events", "count")));
        Assert.Equal("""{"plan":"pro"}""", profile.Raw("traits"));
        Assert.Equal("m", profile.Text("cut_traits", "blob", "message_id"));
        Assert.Equal("""["events","trait_values"]""", profile.Raw("cut"));
    }

    [Fact]
    public async Task Service_ManyProfilesInOneBatch_WritesEach()
    {
        await using var installation = new Installation(stack);
        await stack.LinkAsync(installation, [.. Enumerable.Range(0, 900).Select(i => $"p{i}")]);
        await installation.SendAsync([.. Enumerable.Range(0, 1_800).Select(i => Some.Track($"p{i % 900}", "A", i))]);
        await installation.StartAsync();

        foreach (var i in Enumerable.Range(0, 900)) await installation.UntilCountedAsync($"user_id/p{i}", "A", 2);
    }

    [Fact]
    public async Task AssignedAsync_RedisAheadOfTheLog_Throws()
    {
        await using var installation = new Installation(stack);
        await TopicAdmin.EnsureAsync(installation.Kafka, [Topics.Profiles]);
        await using var connection = await stack.ConnectAsync();
        await connection.GetDatabase().StringSetAsync(installation.Keys.ProfilesPosition(1), 1_000);
        var generations = new Generations(connection, installation.Keys);
        var splits = new SplitStore(connection, installation.Keys, installation.Kafka.TopicPrefix);
        using var jobs = new SplitJobs(
            installation.Kafka,
            installation.Codec,
            generations,
            splits,
            Some.Folding,
            new Readiness(),
            NullLogger<SplitJobs>.Instance);
        var processor = new ProfilesProcessor(
            installation.Kafka, installation.Codec, generations, splits, jobs, Some.Folding, NullLogger<ProfilesProcessor>.Instance);
        var partition = new TopicPartition(installation.Kafka.TopicPrefix + Topics.EventsIdentified.Name, 1);

        var exception = await Assert.ThrowsAsync<ForeignStateException>(
            () => processor.AssignedAsync([partition], TestContext.Current.CancellationToken));

        Assert.False(processor.IsOutage(exception));
    }

    [Fact]
    public void Errors_NothingConfigured_NamesTheRequiredKeys()
    {
        var errors = new ProfilesOptions().Errors().Select(error => error[..error.IndexOfAny([';', ','])].Trim());
        Assert.Equal(["ProfileIds:Key is empty", "Api:Tokens is empty"], errors);
    }

    private async Task EmptyAsync(Installation installation)
    {
        await using var connection = await stack.ConnectAsync();
        RedisKey[] keys = [.. connection.GetServer(stack.RedisEndpoint).Keys(pattern: $"{installation.Kafka.TopicPrefix}*")];
        await connection.GetDatabase().KeyDeleteAsync(keys);
    }
}
