using cdp;
using Cdp.Identifiers;
using Cdp.Identity.Linking;
using CsCheck;
using Xunit;

namespace Cdp.Identity.Tests;

public sealed class IdentityStoreTests(RedisServers servers) : IClassFixture<RedisServers>
{
    private static int _installations;

    // Histories of a linker: requests of two or three identifiers out of few.
    private static readonly Gen<IdentityDecision[]> Histories = Gen.Int[0, 11].Array[2, 3].Array[1, 12].Select(requests =>
    {
        var (graph, decisions) = (new Graph(A.ProfileIds, 0, new Dictionary<Identifier, string>(), new Dictionary<string, Node>()), new List<IdentityDecision>());
        foreach (var numbers in requests)
        {
            var outcome = Linker.Decide(DefaultTypes.Configuration, graph, A.Request("m", [.. numbers.Distinct().Select(Name)]), A.At(0), A.Now);
            if (outcome.Decision is { } decision) decisions.Add(decision);
        }
        return decisions.ToArray();
    });

    [Theory]
    [InlineData("redis")]
    [InlineData("garnet")]
    public async Task ApplyAsync_AnyPortionsWithRepeats_LeavesWhatTheModelHas(string server) => await Gen.Select(Histories, Gen.Int[1, 4], Gen.Int[0, 12]).SampleAsync(async (history, portion, late) =>
    {
        var (store, model) = (Store(server), new ModelRedis());
        var applied = await store.BeginAsync();
        foreach (var decisions in history.Chunk(portion)) Assert.True(await store.ApplyAsync(HotWrites.Of(decisions), applied, applied = new Applied(decisions[^1].sequence, decisions[^1].sequence * 2)));
        // A replaced linker writes some of it once more.
        await store.ApplyAsync(HotWrites.Of(history.Skip(late)), default, default);
        foreach (var write in model.WritesOf(HotWrites.Of(history)).Concat(model.WritesOf(HotWrites.Of(history.Skip(late))))) write();

        Assert.Equal(applied, await store.AppliedAsync());
        var roots = await store.RootsAsync(Enumerable.Range(0, 12).Select(Name));
        Assert.Equal(model.Roots.Select(root => $"{A.Name(root.Key)} {root.Value.Root}").Order(), roots.Select(root => $"{A.Name(root.Key)} {root.Value}").Order());
        var nodes = await store.NodesAsync(roots.Values);
        Assert.Equal(
            nodes.Keys.Order().Select(root => Describe(root, model.Nodes[root].First, model.Nodes[root].Identifiers)),
            nodes.Keys.Order().Select(root => Describe(root, nodes[root].First, nodes[root].Identifiers)));
        Assert.Equal(roots.Values.Distinct().Order(), nodes.Keys.Order());
    }, iter: 100, threads: 1);

    [Theory]
    [InlineData("redis")]
    [InlineData("garnet")]
    public async Task ApplyAsync_RedisWasEmptiedMeanwhile_SaysSo(string server)
    {
        var store = Store(server);
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
        var store = Store(server);
        Assert.Equal(0, await store.LinkerPositionAsync());
        await store.PublishLinkerPositionAsync(10);
        await store.PublishLinkerPositionAsync(9);
        Assert.Equal(10, await store.LinkerPositionAsync());
        await store.PublishLinkerPositionAsync(100);
        Assert.Equal(100, await store.LinkerPositionAsync());
    }

    [Theory]
    [InlineData("redis")]
    [InlineData("garnet")]
    public async Task RootsAndNodes_UncommonValues_ComeBackAsTheyWere(string server)
    {
        var store = Store(server);
        Identifier[] identifiers = [A.User("a:b c\n{d}"), A.Anonymous("first"), A.User("ünï ☃")];
        var outcome = Linker.Decide(DefaultTypes.Configuration, new Graph(A.ProfileIds, 0, new Dictionary<Identifier, string>(), new Dictionary<string, Node>()), A.Request("m", identifiers), A.At(0), A.Now);
        await store.ApplyAsync(HotWrites.Of([outcome.Decision!]), await store.BeginAsync(), new Applied(1, 1));
        var roots = await store.RootsAsync(identifiers);
        Assert.All(identifiers, identifier => Assert.Equal(outcome.Identified.profileId, roots[identifier]));
        Assert.Equal(identifiers.Select(A.Name).Order(), (await store.NodesAsync([outcome.Identified.profileId]))[outcome.Identified.profileId].Identifiers.Select(A.Name).Order());
    }

    private IdentityStore Store(string server) => new(servers.Connect(server), $"test{Interlocked.Increment(ref _installations)}:");

    private static Identifier Name(int number) => (number % 3) switch
    {
        0 => A.User($"u{number}"),
        1 => A.Email($"e{number}@x.org"),
        _ => A.Anonymous($"a{number}"),
    };

    private static string Describe(string root, long first, IEnumerable<Identifier> identifiers) => $"{root} {first} {string.Join(' ', identifiers.Select(A.Name).Order())}";
}
