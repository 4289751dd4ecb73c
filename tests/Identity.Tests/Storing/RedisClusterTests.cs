using cdp;
using Cdp.Contracts;
using Cdp.Identifiers.Roots;
using Cdp.Identity.Graph;
using Cdp.Identity.Linking;
using Cdp.Identity.Storing;
using Cdp.Testing;
using StackExchange.Redis;
using Xunit;

namespace Cdp.Identity.Tests.Storing;

/// <summary>A shard of a Redis Cluster fails over to a replica that lacks the last writes.</summary>
[Trait("tier", "integration")]
public sealed class RedisClusterTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Store_ShardThatLostWrites_IsBehindUntilItIsCaughtUp(bool isLinkersShard)
    {
        await using var cluster = await RedisCluster.StartAsync();
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"{cluster.Endpoint},abortConnect=false");
        var store = new IdentityStore(redis, "test:");
        var graph = new IdentityGraph(Given.ProfileIds);
        LoggedDecision[] log = [.. Enumerable.Range(1, 300).Select(i => new LoggedDecision(2 * i, Decide(i)))];
        var applied = await store.InitialiseAsync();
        await ApplyAsync(1, 200);
        var linker = await cluster.MasterOfAsync("test:{linker}:applied");
        Identifier[] all = [.. Enumerable.Range(1, 300).SelectMany(i => new[] { Given.User($"u{i}"), Given.Anonymous($"a{i}") })];
        var sequence = 0L;
        await cluster.FailOverAsync(isLinkersShard ? linker : (linker + 1) % 3, async () =>
        {
            await ApplyAsync(201, 300);
            sequence = (await store.RootsAsync(all)).Sequence;
        });

        // These writes were acknowledged and are lost. Without the tags' positions the roots would look as if the identifiers had never been linked.
        await RetryAsync(async () => Assert.Equal(200, (await store.AppliedAsync())!.Value.Sequence));
        var behind = await Assert.ThrowsAnyAsync<RedisException>(() => store.RootsAsync(all));
        Assert.Contains("holds the decisions up to 200 of 300", behind.Message);
        if (!isLinkersShard)
        {
            // The profile API has a separate RootReader.
            await Assert.ThrowsAnyAsync<RedisException>(() => new RootReader(redis, new HotStateKeys("test:")).ReadAsync(all));
            await Assert.ThrowsAnyAsync<RedisException>(() => store.NodesAsync(all.Select(graph.RootOf)));
        }
        // The last split may be lost with the linker's tag. Then an outdated refusal would seem valid.
        else await Assert.ThrowsAnyAsync<RedisException>(() => store.RefusalsAsync(["any"], sequence));

        applied = await store.InitialiseAsync();
        await ApplyAsync(201, 300);
        Assert.Equal(new Applied(300, 601), await store.AppliedAsync());
        var roots = (await store.RootsAsync(all)).ByIdentifier;
        Assert.All(all, identifier => Assert.Equal(graph.RootOf(identifier), roots[identifier]));
        Assert.Equal(300, (await store.NodesAsync(all.Select(graph.RootOf))).Count);
        Assert.Equal(0, (await store.RefusalsAsync(["any"], sequence)).LastSplit);

        IdentityDecision Decide(int i)
        {
            var request = Given.Request($"m{i}", Given.User($"u{i}"), Given.Anonymous($"a{i}"));
            return Linker.Decide(Given.Unlimited, graph, request, Given.At(i), Given.Now).Decision!;
        }

        async Task ApplyAsync(int first, int last)
        {
            var to = new Applied(last, log[last - 1].Offset + 1);
            Assert.True(await store.ApplyAsync(GraphWrites.Of(log[(first - 1)..last]), applied, to));
            applied = to;
        }
    }

    [Fact]
    public async Task Service_ShardLosesWrites_ResolvesEveryEventToItsRoot()
    {
        await using var cluster = await RedisCluster.StartAsync();
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"{cluster.Endpoint},abortConnect=false");
        await using var stack = await ServiceStack.StartAsync(redis);
        await using var app = await stack.ServiceAsync();
        await stack.SendAsync([.. Enumerable.Range(0, 60).Select(Login)]);
        await stack.ReadAsync(60);
        var failed = (await cluster.MasterOfAsync($"{stack.Prefix}{{linker}}:applied") + 1) % 3;
        await cluster.FailOverAsync(failed, async () =>
        {
            await stack.SendAsync([.. Enumerable.Range(60, 60).Select(Login)]);
            await stack.ReadAsync(120);
            await stack.AppliedAsync(120);
        });

        await stack.SendAsync([.. Enumerable.Range(0, 120).Select(i => Given.Event($"later{i:000}", anonymousId: $"a{i}"))]);
        var later = (await stack.ReadAsync(240)).OfType<IdentifiedEvent>()
            .Where(identified => identified.validated.envelope.messageId.StartsWith("later", StringComparison.Ordinal))
            .ToList();
        Assert.Equal(120, later.Count);
        Assert.All(
            later,
            identified => Assert.Equal(Given.ProfileIds.Implied(Given.User($"u{identified.validated.envelope.anonymousId[1..]}")), identified.profileId));
        await app.StopAsync(TestContext.Current.CancellationToken);

        static Event Login(int i) => Given.Event($"login{i:000}", userId: $"u{i}", anonymousId: $"a{i}");
    }

    // The connection needs some time to find the new master.
    private static async Task RetryAsync(Func<Task> attempt)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                await attempt();
                return;
            }
            catch (Exception e) when (tries < 100 && e is RedisException or TimeoutException)
            {
                await Task.Delay(200);
            }
        }
    }
}
