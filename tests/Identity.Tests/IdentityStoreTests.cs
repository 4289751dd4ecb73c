using cdp;
using Cdp.Identifiers;
using Cdp.Identity.Linking;
using Cdp.Testing;
using CsCheck;
using Xunit;

namespace Cdp.Identity.Tests;

public sealed class IdentityStoreTests(RedisServers servers) : IClassFixture<RedisServers>
{
    private static int _installations;

    // Histories of a linker: requests of two or three identifiers out of few, a third of them to take one out.
    private static readonly Gen<IdentityDecision[]> Histories = Gen.Select(Gen.Int[0, 11].Array[2, 3], Gen.Int[0, 2]).Array[1, 12].Select(requests =>
    {
        var (graph, decisions) = (new Graph(A.ProfileIds), new List<IdentityDecision>());
        foreach (var (numbers, kind) in requests)
        {
            Identifier[] identifiers = [.. numbers.Distinct().Select(Name)];
            var decision = kind == 0
                ? Unlink.Decide(graph, A.Unlink("r", identifiers[0]), A.At(0), A.Now).Decision
                : Linker.Decide(DefaultTypes.Configuration, graph, A.Request("m", identifiers), A.At(0), A.Now).Decision;
            if (decision is not null) decisions.Add(decision);
        }
        return decisions.ToArray();
    });

    [Theory]
    [InlineData("redis")]
    [InlineData("garnet")]
    public async Task ApplyAsync_AnyPortionsWithRepeats_LeavesWhatTheModelHas(string server) => await Gen.Select(Histories, Gen.Int[1, 4], Gen.Int[0, 12]).SampleAsync(async (history, portion, late) =>
    {
        var (store, model) = (await StoreAsync(server), new ModelRedis());
        var applied = await store.BeginAsync();
        foreach (var decisions in history.Chunk(portion)) Assert.True(await store.ApplyAsync(HotWrites.Of(ModelRedis.Logged(decisions)), applied, applied = new Applied(decisions[^1].sequence, decisions[^1].sequence * 2)));
        // A replaced linker writes some of it once more.
        await store.ApplyAsync(HotWrites.Of(ModelRedis.Logged(history.Skip(late))), default, default);
        foreach (var write in model.WritesOf(HotWrites.Of(ModelRedis.Logged(history))).Concat(model.WritesOf(HotWrites.Of(ModelRedis.Logged(history.Skip(late)))))) write();

        Assert.Equal(applied, await store.AppliedAsync());
        var roots = await store.RootsAsync(Enumerable.Range(0, 12).Select(Name));
        Assert.Equal(model.Roots.Select(root => $"{A.Name(root.Key)} {root.Value.Root}").Order(), roots.Select(root => $"{A.Name(root.Key)} {root.Value}").Order());
        var nodes = await store.NodesAsync(roots.Values);
        Assert.Equal(
            roots.Values.Distinct().Order().Select(root => Describe(root, model.Nodes[root].Node)),
            nodes.Keys.Order().Select(root => Describe(root, nodes[root])));
        foreach (var (root, node) in model.Nodes) Assert.Equal(node.Decisions.OrderBy(at => at.Key), (await store.DecisionsAsync(root)).OrderBy(at => at.Key));
        Assert.Equal(model.LastSplit, (await store.RefusalsAsync(["any"])).LastSplit);
    }, iter: 100, threads: 1);

    [Theory]
    [InlineData("redis")]
    [InlineData("garnet")]
    public async Task ApplyAsync_RedisWasEmptiedMeanwhile_SaysSo(string server)
    {
        var store = await StoreAsync(server);
        Assert.Null(await store.AppliedAsync());
        Assert.False(await store.ApplyAsync(HotWrites.Of([]), default, new Applied(1, 1)));
        Assert.Equal(default, await store.BeginAsync());
        Assert.True(await store.ApplyAsync(HotWrites.Of([]), default, new Applied(3, 30)));
        Assert.False(await store.ApplyAsync(HotWrites.Of([]), new Applied(4, 40), new Applied(5, 50)));
        Assert.Equal(new Applied(3, 30), await store.BeginAsync());
    }

    [Theory]
    [InlineData("redis")]
    [InlineData("garnet")]
    public async Task PublishLinkerPositionAsync_LowerThanThere_DoesNotMoveItBack(string server)
    {
        var store = await StoreAsync(server);
        Assert.False(await store.PublishLinkerPositionAsync(5, default));
        await store.BeginAsync();
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
    public async Task RootsAndNodes_UncommonValues_ComeBackAsTheyWere(string server)
    {
        var store = await StoreAsync(server);
        Identifier[] identifiers = [A.User("a:b c\n{d}"), A.Anonymous("first"), A.User("ünï ☃")];
        var outcome = Linker.Decide(A.Types(users: 2, others: 2), new Graph(A.ProfileIds), A.Request("m", identifiers), A.At(0), A.Now);
        await store.ApplyAsync(HotWrites.Of(ModelRedis.Logged([outcome.Decision!])), await store.BeginAsync(), new Applied(1, 1));
        var roots = await store.RootsAsync(identifiers);
        Assert.All(identifiers, identifier => Assert.Equal(outcome.Identified.profileId, roots[identifier]));
        Assert.Equal(identifiers.Select(A.Name).Order(), (await store.NodesAsync([outcome.Identified.profileId]))[outcome.Identified.profileId].Identifiers.Select(A.Name).Order());
    }

    [Theory]
    [InlineData("redis")]
    [InlineData("garnet")]
    public async Task ApplyAsync_EverNewDevicesAreKeptApartFromAUser_WhatTheLinkerReadsOfItDoesNotGrow(string server)
    {
        var prefix = $"test{Interlocked.Increment(ref _installations)}:";
        var store = new IdentityStore(await servers.ConnectAsync(server), prefix);
        var graph = new Graph(A.ProfileIds);
        IdentityDecision[] decisions = [.. Enumerable.Range(0, 50).Select(i => Linker.Decide(A.Types(users: 1, others: 1), graph, A.Request("m", A.User("guest"), A.Anonymous($"{i}")), A.At(i), A.Now).Decision!)];
        Assert.True(await store.ApplyAsync(HotWrites.Of(ModelRedis.Logged(decisions)), await store.BeginAsync(), new Applied(50, 100)));

        var guest = A.ProfileIds.Implied(A.User("guest"));
        Assert.Equal(50, (await store.DecisionsAsync(guest)).Count);
        var node = Assert.Single((await servers.ConnectAsync(server)).GetServers()[0].Keys(pattern: $"{prefix}linker:node:*"));
        // When it began, when it changed last, its merges, and two identifiers.
        Assert.Equal(5, await (await servers.ConnectAsync(server)).GetDatabase().HashLengthAsync(node));
    }

    private async Task<IdentityStore> StoreAsync(string server) => new(await servers.ConnectAsync(server), $"test{Interlocked.Increment(ref _installations)}:");

    private static Identifier Name(int number) => (number % 3) switch
    {
        0 => A.User($"u{number}"),
        1 => A.Email($"e{number}@x.org"),
        _ => A.Anonymous($"a{number}"),
    };

    private static string Describe(string root, Node node) =>
        $"{root} {node.First} {node.Merges} {string.Join(' ', node.Identifiers.Select(A.Name).Order())}; {string.Join(' ', node.Family.Order())}";
}
