using cdp;
using Cdp.Identifiers;
using Cdp.Identity.Linking;
using CsCheck;
using Xunit;

namespace Cdp.Identity.Tests;

/// <summary>Links and splits in any sequence: what the linker makes of them, against sets of names; and Redis, against the linker.</summary>
public sealed class SplittingProperties
{
    // Nine names, so that they meet, part and meet again. A split names up to three of them.
    private static readonly Gen<(bool IsSplit, int[] Names)[]> Histories = Gen.Select(Gen.Int[0, 3].Select(kind => kind == 0), Gen.Int[0, 8].Array[1, 3]).Array[1, 40];

    [Fact]
    public void AnyHistory_Profiles_AreWhatSetsOfNamesBecome() => Histories.Sample(history =>
    {
        var (graph, sets) = (new Graph(A.ProfileIds), Enumerable.Range(0, 9).Select(name => new HashSet<int> { name }).ToList());
        foreach (var (isSplit, names) in history)
        {
            var refused = Decide(graph, isSplit, names) is null;
            Assert.Equal(refused, !Change(sets, isSplit, [.. names]));
            foreach (var (a, b) in from a in Enumerable.Range(0, 9) from b in Enumerable.Range(0, 9) select (a, b))
            {
                Assert.Equal(sets.Single(set => set.Contains(a)).Contains(b), graph.RootOf(Name(a)) == graph.RootOf(Name(b)));
            }
            foreach (var set in sets.Where(set => graph.NodeOf(graph.RootOf(Name(set.First()))) is not null))
            {
                Assert.Equal(set.Select(name => A.Name(Name(name))).Order(), graph.NodeOf(graph.RootOf(Name(set.First())))!.Identifiers.Select(A.Name).Order());
            }
        }
    }, iter: 3_000);

    [Fact]
    public void AnyHistory_RootThatEnded_IsNoRootAgain() => Histories.Sample(history =>
    {
        var (graph, ended) = (new Graph(A.ProfileIds), new HashSet<string>());
        foreach (var (isSplit, names) in history)
        {
            if (Decide(graph, isSplit, names) is not { } decision) continue;
            Assert.DoesNotContain(decision.into ?? decision.profileId, ended);
            ended.UnionWith(decision.merged);
        }
    }, iter: 1_000);

    [Fact]
    public void AnyHistory_Family_HoldsEveryProfileThatEventsOfItsIdentifiersStoodUnder() => Histories.Sample(history =>
    {
        // Where an event of a name may stand: what it was by itself, and each root it ever had.
        var (graph, stood) = (new Graph(A.ProfileIds), Enumerable.Range(0, 9).ToDictionary(name => A.Name(Name(name)), name => new HashSet<string> { A.ProfileIds.Implied(Name(name)) }));
        foreach (var (isSplit, names) in history)
        {
            if (Decide(graph, isSplit, names, out var split) is null) continue;
            if (split is not null)
            {
                var both = split.identifiers.Concat(graph.NodeOf(split.profileId)!.Identifiers).ToList();
                Assert.Subset(split.family.ToHashSet(), both.SelectMany(identifier => stood[A.Name(identifier)]).ToHashSet());
            }
            foreach (var name in Enumerable.Range(0, 9)) stood[A.Name(Name(name))].Add(graph.RootOf(Name(name)));
        }
    }, iter: 1_000);

    [Fact]
    public void AnyOrderAndRepetitionOfWrites_LeavesWhatTheLinkerHas() => Gen.Select(Histories, Gen.Int[1, 5], Gen.Int).Sample((history, portion, seed) =>
    {
        var (graph, decisions) = (new Graph(A.ProfileIds), new List<IdentityDecision>());
        foreach (var (isSplit, names) in history)
        {
            if (Decide(graph, isSplit, names) is { } decision) decisions.Add(decision);
        }
        var (redis, random) = (new ModelRedis(), new Random(seed));
        Action[] writes = [.. decisions.Chunk(portion).Concat([[.. decisions]]).SelectMany(some => redis.WritesOf(HotWrites.Of(ModelRedis.Logged(some))))];
        // A zombie's writes come at any time; those of whoever follows the log come last, in sequence.
        random.Shuffle(writes);
        foreach (var write in writes.Take(random.Next(writes.Length + 1))) write();
        redis.CatchUp(decisions);
        foreach (var write in writes.Take(random.Next(writes.Length + 1))) write();

        var read = redis.Graph(redis.Applied);
        foreach (var name in Enumerable.Range(0, 9).Select(Name))
        {
            Assert.Equal(graph.RootOf(name), read.RootOf(name));
            Assert.Equal(Describe(graph.NodeOf(graph.RootOf(name))), Describe(read.NodeOf(graph.RootOf(name))));
        }
    }, iter: 3_000);

    private static IdentityDecision? Decide(Graph graph, bool isSplit, int[] names) => Decide(graph, isSplit, names, out _);

    private static IdentityDecision? Decide(Graph graph, bool isSplit, int[] names, out ProfileSplit? split)
    {
        Identifier[] identifiers = [.. names.Distinct().Select(Name)];
        split = null;
        if (!isSplit) return Linker.Decide(A.Unlimited, graph, A.Request("m", identifiers), A.At(0), A.Now).Decision;
        var result = Unlink.Decide(graph, A.Unlink("r", identifiers), A.At(0), A.Now);
        split = result.Split;
        return result.Decision;
    }

    /// <summary>Whether it changes anything.</summary>
    private static bool Change(List<HashSet<int>> sets, bool isSplit, HashSet<int> names)
    {
        var touched = sets.Where(set => set.Overlaps(names)).ToList();
        if (isSplit ? touched.Count > 1 || touched[0].SetEquals(names) : touched.Count == 1) return false;
        foreach (var set in touched)
        {
            if (isSplit) set.ExceptWith(names);
            else sets.Remove(set);
        }
        sets.Add(isSplit ? names : [.. touched.SelectMany(set => set)]);
        return true;
    }

    private static Identifier Name(int number) => (number % 3) switch
    {
        0 => A.User($"u{number}"),
        1 => A.Email($"e{number}@x.org"),
        _ => A.Anonymous($"a{number}"),
    };

    private static string Describe(Node? node) => node is null ? "none" : $"{node.First} {node.Merges} {string.Join(' ', node.Identifiers.Select(A.Name).Order())}; {string.Join(' ', node.Family.Order())}";
}
