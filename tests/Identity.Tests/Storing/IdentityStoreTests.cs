using cdp;
using Cdp.Identifiers.Types;
using Cdp.Identity.Graph;
using Cdp.Identity.Linking;
using Cdp.Identity.Storing;
using Cdp.Identity.Tests.Simulation;
using CsCheck;
using Xunit;

namespace Cdp.Identity.Tests.Storing;

[Trait("tier", "integration")]
public sealed class IdentityStoreTests(RedisServers servers) : IClassFixture<RedisServers>
{
    private static int _installations;

    // Decisions of a linker on requests with two or three of a few identifiers; a third of the requests take one out.
    private static readonly Gen<IdentityDecision[]> Histories = Gen.Select(Gen.Int[0, 11].Array[2, 3], Gen.Int[0, 2]).Array[1, 12].Select(requests =>
    {
        var (graph, decisions) = (new IdentityGraph(Given.ProfileIds), new List<IdentityDecision>());
        foreach (var (numbers, kind) in requests)
        {
            Identifier[] identifiers = [.. numbers.Distinct().Select(Given.Mixed)];
            var decision = kind == 0
                ? Unlinker.Decide(DefaultTypes.Configuration, graph, Given.Unlink("r", identifiers[0]), Given.At(0), Given.Now).Decision
                : Linker.Decide(DefaultTypes.Configuration, graph, Given.Request("m", identifiers), Given.At(0), Given.Now).Decision;
            if (decision is not null) decisions.Add(decision);
        }
        return decisions.ToArray();
    });

    [Theory]
    [InlineData("redis")]
    [InlineData("garnet")]
    public Task ApplyAsync_AnyPortionsAndRepetitions_MatchesTheModel(string server) =>
        Gen.Select(Histories, Gen.Int[1, 4], Gen.Int[0, 12])
            .SampleAsync((history, portion, late) => ApplyAsync(server, history, portion, late), iter: 100, threads: 1);

    private async Task ApplyAsync(string server, IdentityDecision[] history, int portion, int late)
    {
        var (store, model) = (await StoreAsync(server), new ModelRedis());
        var applied = await store.InitialiseAsync();
        foreach (var decisions in history.Chunk(portion))
        {
            var to = new Applied(decisions[^1].sequence, decisions[^1].sequence * 2);
            Assert.True(await store.ApplyAsync(GraphWrites.Of(ModelRedis.Logged(decisions)), applied, to));
            applied = to;
        }
        // A linker that was replaced repeats some of the writes.
        var repeated = GraphWrites.Of(ModelRedis.Logged(history.Skip(late)));
        await store.ApplyAsync(repeated, default, default);
        foreach (var write in model.WritesOf(GraphWrites.Of(ModelRedis.Logged(history))).Concat(model.WritesOf(repeated))) write();

        Assert.Equal(applied, await store.AppliedAsync());
        var roots = (await store.RootsAsync(Enumerable.Range(0, 12).Select(Given.Mixed))).ByIdentifier;
        Assert.Equal(
            model.Roots.Select(root => $"{Given.Name(root.Key)} {root.Value.Root}").Order(),
            roots.Select(root => $"{Given.Name(root.Key)} {root.Value}").Order());
        var nodes = await store.NodesAsync(roots.Values);
        Assert.Equal(
            roots.Values.Distinct().Order().Select(root => Describe(root, model.Nodes[root].Node)),
            nodes.Keys.Order().Select(root => Describe(root, nodes[root])));
        foreach (var (root, node) in model.Nodes)
        {
            Assert.Equal(node.Decisions.OrderBy(decision => decision.Key), (await store.DecisionOffsetsAsync(root)).OrderBy(decision => decision.Key));
        }
        Assert.Equal(model.LastSplit, (await store.RefusalsAsync(["any"], 0)).LastSplit);
    }

    [Theory]
    [InlineData("redis")]
    [InlineData("garnet")]
    public async Task ApplyAsync_RedisIsBehind_ReturnsFalse(string server)
    {
        var store = await StoreAsync(server);
        Assert.Null(await store.AppliedAsync());
        Assert.False(await store.ApplyAsync(GraphWrites.Of([]), default, new Applied(1, 1)));
        Assert.Equal(default, await store.InitialiseAsync());
        Assert.True(await store.ApplyAsync(GraphWrites.Of([]), default, new Applied(3, 30)));
        Assert.False(await store.ApplyAsync(GraphWrites.Of([]), new Applied(4, 40), new Applied(5, 50)));
        Assert.Equal(new Applied(3, 30), await store.InitialiseAsync());
    }

    [Theory]
    [InlineData("redis")]
    [InlineData("garnet")]
    public async Task PublishLinkerPositionAsync_LowerPosition_DoesNotMoveItBack(string server)
    {
        var store = await StoreAsync(server);
        Assert.False(await store.PublishLinkerPositionAsync(5, default));
        await store.InitialiseAsync();
        Assert.False(await store.PublishLinkerPositionAsync(5, new Applied(1, 1)));
        Assert.Equal(0, await store.LinkerPositionAsync());
        await store.PublishLinkerPositionAsync(10, default);
        await store.PublishLinkerPositionAsync(9, default);
        Assert.Equal(10, await store.LinkerPositionAsync());
        await store.PublishLinkerPositionAsync(100, default);
        Assert.Equal(100, await store.LinkerPositionAsync());
    }

    [Theory]
    [InlineData("redis")]
    [InlineData("garnet")]
    public async Task RootsAndRefusals_RedisFellBack_ThrowUntilItHasCaughtUp(string server)
    {
        var store = await StoreAsync(server);
        await store.ApplyAsync(GraphWrites.Of([]), await store.InitialiseAsync(), new Applied(3, 30));
        Assert.Equal(3, (await store.RootsAsync([Given.User("u")])).Sequence);

        await Assert.ThrowsAsync<StackExchange.Redis.RedisException>(() => store.RefusalsAsync(["any"], 4));
        Assert.Empty((await store.RefusalsAsync(["any"], 3)).Refusals);
        await (await servers.ConnectAsync(server)).GetDatabase().StringSetAsync($"test{_installations}:{{linker}}:applied", "2 20");

        await Assert.ThrowsAsync<StackExchange.Redis.RedisException>(() => store.RootsAsync([Given.User("u")]));
        await store.ApplyAsync(GraphWrites.Of([]), new Applied(2, 20), new Applied(3, 30));
        Assert.Equal(3, (await store.RootsAsync([Given.User("u")])).Sequence);
    }

    [Fact]
    public async Task RootsAsync_SingleServer_ReadsPositionAndRootsInOneCommand()
    {
        var store = await StoreAsync("redis");
        await store.InitialiseAsync();
        await store.PublishLinkerPositionAsync(7, default);
        var before = await ReadsAsync();

        var read = await store.RootsAsync(Enumerable.Range(0, 100).Select(Given.Mixed));

        Assert.Equal((7, 0), (read.Position, read.Sequence));
        Assert.Equal((before.Get, before.MGet + 1), await ReadsAsync());

        async Task<(long Get, long MGet)> ReadsAsync()
        {
            var info = await (await servers.ConnectAsync("redis")).GetServers()[0].InfoAsync("commandstats");
            var stats = info.SelectMany(group => group).ToDictionary(stat => stat.Key, stat => long.Parse(stat.Value.Split(['=', ','])[1], null));
            return (stats.GetValueOrDefault("cmdstat_get"), stats.GetValueOrDefault("cmdstat_mget"));
        }
    }

    [Theory]
    [InlineData("redis")]
    [InlineData("garnet")]
    public async Task RootsAndNodes_UnusualValues_AreReadAsWritten(string server)
    {
        var store = await StoreAsync(server);
        Identifier[] identifiers = [Given.User("a:b c\n{d}"), Given.Anonymous("first"), Given.User("ünï ☃")];
        var request = Given.Request("m", identifiers);
        var result = Linker.Decide(Given.Types(users: 2, others: 2), new IdentityGraph(Given.ProfileIds), request, Given.At(0), Given.Now);
        await store.ApplyAsync(GraphWrites.Of(ModelRedis.Logged([result.Decision!])), await store.InitialiseAsync(), new Applied(1, 1));
        var roots = (await store.RootsAsync(identifiers)).ByIdentifier;
        var root = result.Identified.profileId;
        Assert.All(identifiers, identifier => Assert.Equal(root, roots[identifier]));
        var node = (await store.NodesAsync([root]))[root];
        Assert.Equal(identifiers.Select(Given.Name).Order(), node.Identifiers.Select(Given.Name).Order());
    }

    [Theory]
    [InlineData("redis")]
    [InlineData("garnet")]
    public async Task ApplyAsync_EverNewDevicesAreKeptApartFromAUser_TheUsersNodeDoesNotGrow(string server)
    {
        var prefix = $"test{Interlocked.Increment(ref _installations)}:";
        var store = new IdentityStore(await servers.ConnectAsync(server), prefix);
        var graph = new IdentityGraph(Given.ProfileIds);
        LinkResult[] results = [.. Enumerable.Range(0, 50).Select(Decide)];
        IdentityDecision[] decisions = [.. results.Select(result => result.Decision).OfType<IdentityDecision>()];
        Assert.Equal(
            ["linked 0", "limit 1", "limit 2", "limit 4", "limit 8", "limit 16", "limit 32"],
            decisions.Select(decision => $"{decision.kind} {decision.times}"));
        Assert.All(results.Skip(1), result => Assert.Equal("limit", Assert.Single(result.Identified.dropped).reason));
        Assert.True(await store.ApplyAsync(GraphWrites.Of(ModelRedis.Logged(decisions)), await store.InitialiseAsync(), new Applied(7, 14)));

        var guest = Given.ProfileIds.Implied(Given.User("guest"));
        Assert.Equal(7, (await store.DecisionOffsetsAsync(guest)).Count);
        // After a rebuild from the log the count continues from the last decision. A late write does not lower it.
        Assert.Equal(32, (await store.RefusalCountsAsync([guest]))[(guest, "limit:anonymous_id")]);
        await store.SaveRefusalCountsAsync([results[^1].NewCount!]);
        await store.SaveRefusalCountsAsync([results[40].NewCount!]);
        Assert.Equal(49, (await store.RefusalCountsAsync([guest]))[(guest, "limit:anonymous_id")]);
        var node = Assert.Single((await servers.ConnectAsync(server)).GetServers()[0].Keys(pattern: $"{prefix}linker:node:*"));
        // The fields first, last and merges, and two identifiers.
        Assert.Equal(5, await (await servers.ConnectAsync(server)).GetDatabase().HashLengthAsync(node));

        LinkResult Decide(int i)
        {
            var request = Given.Request("m", Given.User("guest"), Given.Anonymous($"{i}"));
            return Linker.Decide(Given.Types(users: 1, others: 1), graph, request, Given.At(i), Given.Now);
        }
    }

    private async Task<IdentityStore> StoreAsync(string server) =>
        new(await servers.ConnectAsync(server), $"test{Interlocked.Increment(ref _installations)}:");

    private static string Describe(string root, Node node) =>
        $"{root} {node.First} {node.Merges} {string.Join(' ', node.Identifiers.Select(Given.Name).Order())}; {string.Join(' ', node.Family.Order())}";
}
