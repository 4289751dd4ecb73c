using cdp;
using Cdp.Identifiers;
using Cdp.Identity.Linking;
using Xunit;

namespace Cdp.Identity.Tests;

public sealed class LinkerTests
{
    private static readonly RecordPosition Position = A.At(7, topic: "cdp.identity.requests");

    [Fact]
    public void Decide_SingleUnknownIdentifier_LeavesItToItself()
    {
        var outcome = Linker.Decide(DefaultTypes.Configuration, Graph(), A.Request("m", A.Anonymous("a")), Position, A.Now);
        Assert.Null(outcome.Decision);
        Assert.Empty(outcome.Merged);
        Assert.Equal(Implied(A.Anonymous("a")), outcome.Identified.profileId);
    }

    [Fact]
    public void Decide_TwoUnknownIdentifiers_MergesTheLowerIntoTheHigher()
    {
        var outcome = Linker.Decide(DefaultTypes.Configuration, Graph(), A.Request("m", A.User("u"), A.Anonymous("a")), Position, A.Now);
        var (winner, loser) = (Implied(A.User("u")), Implied(A.Anonymous("a")));
        var decision = outcome.Decision!;
        Assert.Equal((1, "merged", winner, "m", 7L), (decision.sequence, decision.kind, decision.profileId, decision.messageId, decision.request.offset));
        Assert.Equal([loser], decision.merged);
        Assert.Equal(["user_id:u", "anonymous_id:a"], decision.identifiers.Select(A.Name));
        Assert.Equal([(loser, winner, 1L)], outcome.Merged.Select(merged => (merged.loserId, merged.winnerId, merged.sequence)));
        Assert.Equal(winner, outcome.Identified.profileId);
    }

    [Fact]
    public void Decide_IdentifiersAlreadyOfOneRoot_DecidesNothing()
    {
        var graph = Graph();
        var first = Linker.Decide(DefaultTypes.Configuration, graph, A.Request("m1", A.User("u"), A.Anonymous("a")), Position, A.Now);
        var second = Linker.Decide(DefaultTypes.Configuration, graph, A.Request("m2", A.User("u"), A.Anonymous("a")), Position, A.Now);
        Assert.Null(second.Decision);
        Assert.Equal(first.Identified.profileId, second.Identified.profileId);
        Assert.Equal(1, graph.Sequence);
    }

    [Fact]
    public void Decide_LoserWithIdentifiers_TakesAllOfThemAlong()
    {
        var graph = Graph(A.Request("m1", A.Email("e@x.org"), A.Anonymous("a")), A.Request("m2", A.User("u"), A.Anonymous("b")));
        var outcome = Linker.Decide(DefaultTypes.Configuration, graph, A.Request("m3", A.User("u"), A.Email("e@x.org")), Position, A.Now);
        Assert.Equal(["anonymous_id:a", "email:e@x.org", "user_id:u"], outcome.Decision!.identifiers.Select(A.Name).Order());
        Assert.Equal(Implied(A.User("u")), graph.RootOf(A.Anonymous("a")));
    }

    [Fact]
    public void Decide_SeveralRoots_EndsEachLoserOnce()
    {
        var outcome = Linker.Decide(DefaultTypes.Configuration, Graph(), A.Request("m", A.User("u"), A.Email("e@x.org"), A.Anonymous("a")), Position, A.Now);
        Assert.Equal([Implied(A.Email("e@x.org")), Implied(A.Anonymous("a"))], outcome.Merged.Select(merged => merged.loserId));
        Assert.Equal(1, outcome.Decision!.sequence);
    }

    /// <summary>History, the request, and whose root wins.</summary>
    public static TheoryData<string, LinkRequest[], LinkRequest, Identifier> Winners => new()
    {
        { "the event's highest type", [], A.Request("m", A.User("u"), A.Email("e@x.org")), A.User("u") },
        { "a type that a root has, though the event names it by another", [A.Request("1", A.User("u"), A.Anonymous("a"))], A.Request("m", A.Email("e@x.org"), A.Anonymous("a")), A.User("u") },
        {
            "the type before age", [A.Request("1", A.Email("e@x.org"), A.Anonymous("a")), A.Request("2", A.User("u"), A.Anonymous("b"))],
            A.Request("m", A.Anonymous("a"), A.Anonymous("b")), A.User("u")
        },
        {
            "of one type the older", [A.Request("1", A.User("u1"), A.Anonymous("a")), A.Request("2", A.User("u2"), A.Anonymous("b"))],
            A.Request("m", A.User("u2"), A.User("u1")), A.User("u1")
        },
        {
            "of one type the older, whichever it is", [A.Request("1", A.User("u2"), A.Anonymous("b")), A.Request("2", A.User("u1"), A.Anonymous("a"))],
            A.Request("m", A.User("u2"), A.User("u1")), A.User("u2")
        },
        { "one that a decision named before one that none did", [A.Request("1", A.User("u2"), A.Anonymous("b"))], A.Request("m", A.User("u1"), A.User("u2")), A.User("u2") },
        { "one that a decision named before one that none did, in the other order", [A.Request("1", A.User("u1"), A.Anonymous("b"))], A.Request("m", A.User("u1"), A.User("u2")), A.User("u1") },
        {
            "the age of a root is that of its first decision", [A.Request("1", A.User("u1"), A.Anonymous("a")), A.Request("2", A.User("u2"), A.Anonymous("b")), A.Request("3", A.User("u1"), A.Anonymous("c"))],
            A.Request("m", A.User("u2"), A.Anonymous("c")), A.User("u1")
        },
    };

    [Theory]
    [MemberData(nameof(Winners))]
    public void Decide_CompetingRoots_OneWins(string rule, LinkRequest[] history, LinkRequest request, Identifier winner)
    {
        var outcome = Linker.Decide(DefaultTypes.Configuration, Graph(history), request, Position, A.Now);
        Assert.True(Implied(winner) == outcome.Decision!.profileId, rule);
    }

    [Fact]
    public void Decide_NothingElseToGoBy_TheSmallerIdWinsInEitherOrder()
    {
        var (a, b) = (A.User("u1"), A.User("u2"));
        var least = string.CompareOrdinal(Implied(a), Implied(b)) < 0 ? Implied(a) : Implied(b);
        Assert.Equal(least, Linker.Decide(DefaultTypes.Configuration, Graph(), A.Request("m", a, b), Position, A.Now).Decision!.profileId);
        Assert.Equal(least, Linker.Decide(DefaultTypes.Configuration, Graph(), A.Request("m", b, a), Position, A.Now).Decision!.profileId);
    }

    private static string Implied(Identifier identifier) => A.ProfileIds.Implied(identifier);

    private static Graph Graph(params LinkRequest[] history)
    {
        var graph = new Graph(A.ProfileIds, 0, new Dictionary<Identifier, string>(), new Dictionary<string, Node>());
        foreach (var request in history) Linker.Decide(DefaultTypes.Configuration, graph, request, Position, A.Now);
        return graph;
    }
}
