using cdp;
using Cdp.Identifiers.Types;
using Cdp.Identity.Graph;
using Cdp.Identity.Linking;
using CsCheck;
using Xunit;

namespace Cdp.Identity.Tests.Simulation;

/// <summary>Any sequence of links and splits: the linker is compared with sets of identifiers, and Redis with the linker.</summary>
public sealed class SplittingProperties
{
    // Steps with one to three of nine identifiers, so few that they are linked, split and linked again.
    private static readonly Gen<(bool IsSplit, int[] Numbers)[]> Histories =
        Gen.Select(Gen.Int[0, 3].Select(kind => kind == 0), Gen.Int[0, 8].Array[1, 3]).Array[1, 40];

    [Fact]
    public void Decide_AnyHistory_ProfilesMatchSetsOfIdentifiers() => Histories.Sample(history =>
    {
        var (graph, sets) = (new IdentityGraph(Given.ProfileIds), Enumerable.Range(0, 9).Select(number => new HashSet<int> { number }).ToList());
        foreach (var (isSplit, numbers) in history)
        {
            var refused = Decide(graph, isSplit, numbers) is null;
            Assert.Equal(refused, !Change(sets, isSplit, [.. numbers]));
            foreach (var (a, b) in from a in Enumerable.Range(0, 9) from b in Enumerable.Range(0, 9) select (a, b))
            {
                Assert.Equal(sets.Single(set => set.Contains(a)).Contains(b), graph.RootOf(Given.Mixed(a)) == graph.RootOf(Given.Mixed(b)));
            }
            foreach (var set in sets.Where(set => graph.NodeOf(graph.RootOf(Given.Mixed(set.First()))) is not null))
            {
                var node = graph.NodeOf(graph.RootOf(Given.Mixed(set.First())))!;
                Assert.Equal(set.Select(Given.Mixed).Select(Given.Name).Order(), node.Identifiers.Select(Given.Name).Order());
            }
        }
    }, iter: 3_000);

    [Fact]
    public void Decide_AnyHistory_ProfileThatEndedIsNeverUsedAgain() => Histories.Sample(history =>
    {
        var (graph, ended) = (new IdentityGraph(Given.ProfileIds), new HashSet<string>());
        foreach (var (isSplit, numbers) in history)
        {
            if (Decide(graph, isSplit, numbers) is not { } decision) continue;
            Assert.DoesNotContain(decision.into ?? decision.profileId, ended);
            ended.UnionWith(decision.merged);
        }
    }, iter: 1_000);

    [Fact]
    public void Decide_AnyHistory_FamilyHoldsEveryEarlierProfileOfItsIdentifiers() => Histories.Sample(history =>
    {
        // The profiles under which events of an identifier may be stored: the one it implies, and each root it ever had.
        var graph = new IdentityGraph(Given.ProfileIds);
        var profiles = Enumerable.Range(0, 9).Select(Given.Mixed)
            .ToDictionary(Given.Name, identifier => new HashSet<string> { Given.ProfileIds.Implied(identifier) });
        foreach (var (isSplit, numbers) in history)
        {
            if (Decide(graph, isSplit, numbers, out var split) is null) continue;
            if (split is not null)
            {
                var both = split.identifiers.Concat(graph.NodeOf(split.profileId)!.Identifiers).ToList();
                Assert.Subset(split.family.ToHashSet(), both.SelectMany(identifier => profiles[Given.Name(identifier)]).ToHashSet());
            }
            foreach (var identifier in Enumerable.Range(0, 9).Select(Given.Mixed)) profiles[Given.Name(identifier)].Add(graph.RootOf(identifier));
        }
    }, iter: 1_000);

    [Fact]
    public void GraphWrites_AnyOrderAndRepetition_LeaveWhatTheLinkerHas() => Gen.Select(Histories, Gen.Int[1, 5], Gen.Int).Sample((history, portion, seed) =>
    {
        var (graph, decisions) = (new IdentityGraph(Given.ProfileIds), new List<IdentityDecision>());
        foreach (var (isSplit, numbers) in history)
        {
            if (Decide(graph, isSplit, numbers) is { } decision) decisions.Add(decision);
        }
        var (redis, random) = (new ModelRedis(), new Random(seed));
        var batches = decisions.Chunk(portion).Concat([[.. decisions]]);
        Action[] writes = [.. batches.SelectMany(batch => redis.WritesOf(GraphWrites.Of(ModelRedis.Logged(batch))))];
        // Writes of a replaced linker arrive at any time. Those of the linker that follows the log arrive in sequence.
        random.Shuffle(writes);
        foreach (var write in writes.Take(random.Next(writes.Length + 1))) write();
        redis.CatchUp(decisions);
        foreach (var write in writes.Take(random.Next(writes.Length + 1))) write();

        var read = redis.Graph(redis.Applied);
        foreach (var identifier in Enumerable.Range(0, 9).Select(Given.Mixed))
        {
            Assert.Equal(graph.RootOf(identifier), read.RootOf(identifier));
            Assert.Equal(Describe(graph.NodeOf(graph.RootOf(identifier))), Describe(read.NodeOf(graph.RootOf(identifier))));
        }
    }, iter: 3_000);

    private static IdentityDecision? Decide(IdentityGraph graph, bool isSplit, int[] numbers) => Decide(graph, isSplit, numbers, out _);

    private static IdentityDecision? Decide(IdentityGraph graph, bool isSplit, int[] numbers, out ProfileSplit? split)
    {
        Identifier[] identifiers = [.. numbers.Distinct().Select(Given.Mixed)];
        split = null;
        if (!isSplit) return Linker.Decide(Given.Unlimited, graph, Given.Request("m", identifiers), Given.At(0), Given.Now).Decision;
        var result = Unlinker.Decide(DefaultTypes.Configuration, graph, Given.Unlink("r", identifiers), Given.At(0), Given.Now);
        split = result.Split;
        return result.Decision;
    }

    /// <summary>Applies a step to sets of identifiers. Returns whether it changes anything.</summary>
    private static bool Change(List<HashSet<int>> sets, bool isSplit, HashSet<int> numbers)
    {
        var affected = sets.Where(set => set.Overlaps(numbers)).ToList();
        if (isSplit ? affected.Count > 1 || affected[0].SetEquals(numbers) : affected.Count == 1) return false;
        foreach (var set in affected)
        {
            if (isSplit) set.ExceptWith(numbers);
            else sets.Remove(set);
        }
        sets.Add(isSplit ? numbers : [.. affected.SelectMany(set => set)]);
        return true;
    }

    private static string Describe(Node? node) => node is null
        ? "none"
        : $"{node.First} {node.Merges} {string.Join(' ', node.Identifiers.Select(Given.Name).Order())}; {string.Join(' ', node.Family.Order())}";
}
