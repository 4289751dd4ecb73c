using cdp;
using Cdp.Contracts;
using Cdp.Hosting.HotState;
using Cdp.Identity.Graph;
using Cdp.Identity.Storing;
using Cdp.Streaming.Observability;
using Cdp.Testing;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;
using Xunit;

namespace Cdp.Identity.Tests.Storing;

/// <summary>
/// Keys of the graph with values that no service wrote. No event is at fault, so the loops wait, name the key and the remedy, and continue once the remedy has
/// been applied.
/// </summary>
[Trait("tier", "integration")]
public sealed class UnreadableValuesTests(RedisServers servers) : IClassFixture<RedisServers>
{
    private static readonly string Root = Given.ProfileIds.Implied(Given.User("u"));
    private static readonly int Group = Partitioner.Partition(Root, 64);

    public static TheoryData<string, string?> Values => new()
    {
        { "{linker}:position", "abc" },
        { "{linker}:position", "1.5" },
        { "{linker}:position", null },
        { "{linker}:applied", "abc" },
        { "{linker}:applied", "1 x" },
        { "{linker}:applied", null },
        { "linker:last-split", "abc" },
        { $"root:{{r{HotStateKeys.RootGroup(Given.User("u"))}}}:user_id:u", "abc" },
        { $"root:{{r{HotStateKeys.RootGroup(Given.User("u"))}}}:user_id:u", "first profile" },
        { $"root:{{r{HotStateKeys.RootGroup(Given.User("u"))}}}:user_id:u", null },
        { $"linker:node:{{n{Group}}}:{Root}", "abc" },
        { $"linker:node:{{n{Group}}}:{Root}", "field first" },
        { $"linker:node:{{n{Group}}}:{Root}", "field user_id:u" },
        { $"linker:repeated:{{n{Group}}}:{Root}", "abc" },
        { $"linker:repeated:{{n{Group}}}:{Root}", "field limit:anonymous_id" },
        { $"linker:decisions:{{n{Group}}}:{Root}", "abc" },
    };

    /// <param name="key">The key, without the prefix.</param>
    /// <param name="value">A string; null for a hash; <c>field NAME</c> gives a field of the hash a wrong value.</param>
    [Theory]
    [MemberData(nameof(Values))]
    public async Task Service_UnreadableValue_WaitsNamesTheKeyAndContinuesOnceItIsDeleted(string key, string? value)
    {
        var redis = await servers.ConnectAsync("redis");
        await using var stack = await ServiceStack.StartAsync(redis);
        await using var service = await stack.ServiceAsync();
        await stack.SendAsync(
            Given.Event("1", userId: "u", anonymousId: "a"),
            Given.Event("2", userId: "v", anonymousId: "a"),
            Given.Event("3", userId: "v", anonymousId: "b"));
        await stack.ReadAsync(identified: 3);
        await stack.AppliedAsync(3);

        await CorruptAsync(redis.GetDatabase(), stack.Prefix + key, value);
        // A request that links a device to u, one whose device stays apart from u, and one that only has to stay behind them.
        await stack.SendAsync(
            Given.Event("4", userId: "u", anonymousId: "c"),
            Given.Event("5", userId: "u", anonymousId: "b"),
            Given.Event("6", anonymousId: "a"));
        var readiness = service.Services.GetRequiredService<Readiness>();
        await Eventually.TrueAsync(() => Task.FromResult(IsReported($"the key {stack.Prefix}{key} in Redis")), "a loop names the key and the remedy");
        await redis.GetDatabase().KeyDeleteAsync([stack.Prefix + key, new HotStateKeys(stack.Prefix).LinkerApplied]);
        var records = await stack.ReadAsync(identified: 6);

        Assert.Empty(await stack.DeadAsync());
        await Eventually.TrueAsync(() => Task.FromResult(readiness.IsReady), "the loops are ready again");
        var ofRoot = records.OfType<IdentifiedEvent>().Where(identified => identified.profileId == Root);
        Assert.Equal(["1", "4", "5", "6"], ofRoot.Select(identified => identified.validated.envelope.messageId).Order());
        await Eventually.TrueAsync(
            async () => (await stack.Store.RootsAsync([Given.User("u"), Given.Anonymous("c")])).ByIdentifier.Values.All(root => root == Root),
            "Redis has the decisions again");

        bool IsReported(string what) => readiness.Parts.Values.Any(part =>
            !part.Ready && part.Detail.Contains(what, StringComparison.Ordinal) && part.Detail.Contains("delete it", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("x ab ..")]
    [InlineData("1 ab .")]
    [InlineData("1 ab ?!")]
    [InlineData(null)]
    public async Task RefusalsAsync_UnreadableValue_CountsAsMissing(string? value)
    {
        var redis = await servers.ConnectAsync("redis");
        var prefix = $"refusal{Guid.NewGuid():N}:";
        var store = new IdentityStore(redis, prefix);
        await store.SaveRefusalsAsync([("k", new LinkRefusal(1, "ab", ".l"))]);
        var key = redis.GetServers()[0].Keys(pattern: $"{prefix}linker:refusal*").Single();
        await CorruptAsync(redis.GetDatabase(), key, value);

        Assert.Empty((await store.RefusalsAsync(["k"], 0)).Refusals);
        await store.SaveRefusalsAsync([("k", new LinkRefusal(2, "ab", ".l"))]);

        Assert.Equal(2, (await store.RefusalsAsync(["k"], 0)).Refusals["k"].Sequence);
    }

    [Theory]
    [InlineData("linker:unlink:r", "abc")]
    [InlineData("linker:unlink:r", null)]
    [InlineData("linker:unlink-offset:r", "abc")]
    [InlineData("split-report:1", null)]
    [InlineData("split-failure:1", null)]
    public async Task UnlinkOutcomes_UnreadableValue_ThrowsAnExceptionThatNamesTheKey(string key, string? value)
    {
        var redis = await servers.ConnectAsync("redis");
        var prefix = $"outcome{Guid.NewGuid():N}:";
        var outcomes = new UnlinkOutcomes(redis, prefix);
        await CorruptAsync(redis.GetDatabase(), prefix + key, value);

        var e = await Assert.ThrowsAsync<UnreadableValueException>(async () =>
        {
            await outcomes.FindAsync("r");
            await outcomes.FindOffsetAsync("r");
            await outcomes.FindReportAsync(1);
            await outcomes.FindFailureAsync(1);
        });

        Assert.Contains($"the key {prefix}{key} in Redis", e.Message, StringComparison.Ordinal);
    }

    private static async Task CorruptAsync(IDatabase redis, RedisKey key, string? value)
    {
        if (value?.StartsWith("field ", StringComparison.Ordinal) == true)
        {
            await redis.HashSetAsync(key, value["field ".Length..], "abc");
            return;
        }
        await redis.KeyDeleteAsync(key);
        await (value is null ? redis.HashSetAsync(key, "f", "abc", When.Always) : redis.StringSetAsync(key, value));
    }
}
