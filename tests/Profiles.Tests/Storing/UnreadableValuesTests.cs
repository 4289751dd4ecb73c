using System.Net;
using cdp;
using Cdp.Contracts;
using Cdp.Hosting.HotState;
using Cdp.Profiles.Splitting;
using Cdp.Profiles.Storing;
using Cdp.Testing;
using StackExchange.Redis;

namespace Cdp.Profiles.Tests.Storing;

/// <summary>
/// Keys of profiles with values that no service wrote. The event being processed is not at fault: the loop waits, reports the key and the remedy, and continues
/// once the operator has applied it.
/// </summary>
[Trait("tier", "integration")]
public sealed class UnreadableValuesTests(Stack stack) : IClassFixture<Stack>
{
    private const string Hash = "a hash";
    private const string AnotherProfile = "another profile";

    public static TheoryData<string, string> Values => new()
    {
        { "position", "abc" },
        { "position", Hash },
        { "profile", "abc" },
        { "profile", "\0\0\0\0\x1" },
        { "profile", AnotherProfile },
        { "profile", Hash },
        { "generations", "abc" },
        { "generations", "1" },
        { "generations", Hash },
        { "splits", "abc" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public async Task Service_UnreadableValue_WaitsAndReportsItUntilItIsDeleted(string which, string value)
    {
        await using var installation = new Installation(stack);
        await using var connection = await stack.ConnectAsync();
        var redis = connection.GetDatabase();
        await stack.LinkAsync(installation);
        await installation.StartAsync();
        await installation.SendAsync(Some.Track("p", "A"), Some.Track("q", "A"));
        await installation.UntilCountedAsync("user_id/p", "A", 1);
        await installation.UntilCountedAsync("user_id/q", "A", 1);

        var partition = installation.Partition("p");
        var key = which switch
        {
            "position" => installation.Keys.ProfilesPosition(partition),
            "profile" => installation.Keys.Profile(partition, "p"),
            "generations" => installation.Keys.Generations,
            _ => $"{installation.Kafka.TopicPrefix}profiles-splits:{{p{partition}}}",
        };
        if (which == "splits") await installation.StopAsync();
        await OverwriteAsync(installation, redis, key, value);
        if (which == "splits") await installation.StartAsync();
        await installation.SendAsync(Some.Track("p", "A"), Some.Track("q", "A"));
        string detail = "";
        await Eventually.SucceedsAsync(async () =>
        {
            (var isReady, detail) = await installation.PartAsync("loop profiles");
            return !isReady && detail.Contains($"the key {key} in Redis", StringComparison.Ordinal);
        });
        Assert.Contains("delete ", detail, StringComparison.Ordinal);
        if (which is "profile" or "generations") Assert.Equal(HttpStatusCode.ServiceUnavailable, (await installation.GetAsync("user_id/p")).Status);

        await redis.KeyDeleteAsync(which == "profile" ? installation.Keys.ProfilesPosition(partition) : key);
        if (which == "splits") await redis.KeyDeleteAsync(installation.Keys.ProfilesPosition(partition));

        await installation.UntilCountedAsync("user_id/p", "A", 2);
        await installation.UntilCountedAsync("user_id/q", "A", 2);
        await Eventually.SucceedsAsync(async () => (await installation.PartAsync("loop profiles")).Ready);
        Assert.Empty(await installation.DeadAsync());
    }

    [Fact]
    public async Task FindAsync_MissingPartOfPendingSplit_ThrowsUnreadableValue()
    {
        await using var installation = new Installation(stack);
        await using var connection = await stack.ConnectAsync();
        var store = new ProfileStore(connection, installation.Keys);
        var profile = Some.Profile("p", Some.Track("p", "A"));
        profile.pending = [new PendingSplit { sequence = 7, into = "n", identifiers = [], family = [], cuts = [], before = [] }];
        await store.WriteAsync(0, ProfileStore.NoPosition, [new StoredProfile("p", installation.Codec.Encode(Topics.Profiles, profile), 1)]);
        var reader = new ProfileReader(installation.Codec, Some.Folding);

        var found = await Assert.ThrowsAsync<UnreadableValueException>(() => reader.FindAsync(store, 0, "p"));
        var read = await Assert.ThrowsAsync<UnreadableValueException>(() => reader.ReadAsync(store, 0, ["p"], 0));

        Assert.Contains(installation.Keys.ProfilesPosition(0), found.Message, StringComparison.Ordinal);
        Assert.Equal(found.Message, read.Message);
    }

    private static async Task OverwriteAsync(Installation installation, IDatabase redis, RedisKey key, string value)
    {
        await redis.KeyDeleteAsync(key);
        if (value == Hash) await redis.HashSetAsync(key, "f", "v");
        else if (value == AnotherProfile)
        {
            await redis.StringSetAsync(key, installation.Codec.Encode(Topics.Profiles, Some.Profile("other", Some.Track("other", "B"))));
        }
        else await redis.StringSetAsync(key, value);
    }
}
