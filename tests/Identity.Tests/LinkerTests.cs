using cdp;
using Cdp.Identifiers;
using Cdp.Identity.Linking;
using Xunit;

namespace Cdp.Identity.Tests;

public sealed class LinkerTests
{
    private static readonly IdentifierTypes Types = A.Types(users: 1_000, others: 1_000);
    private static readonly RecordPosition Position = A.At(7, topic: "cdp.identity.requests");

    [Fact]
    public void Decide_SingleUnknownIdentifier_LeavesItToItself()
    {
        var outcome = Linker.Decide(Types, Graph(), A.Request("m", A.Anonymous("a")), Position, A.Now);
        Assert.Null(outcome.Decision);
        Assert.Empty(outcome.Merged);
        Assert.Equal(Implied(A.Anonymous("a")), outcome.Identified.profileId);
    }

    [Fact]
    public void Decide_TwoUnknownIdentifiers_MergesTheLowerIntoTheHigher()
    {
        var outcome = Linker.Decide(Types, Graph(), A.Request("m", A.User("u"), A.Anonymous("a")), Position, A.Now);
        var (winner, loser) = (Implied(A.User("u")), Implied(A.Anonymous("a")));
        var decision = outcome.Decision!;
        Assert.Equal((1, "linked", winner, "m", 7L), (decision.sequence, decision.kind, decision.profileId, decision.messageId, decision.request.offset));
        Assert.Equal([loser], decision.merged);
        Assert.Equal(["user_id:u", "anonymous_id:a"], decision.identifiers.Select(A.Name));
        Assert.Equal([(loser, winner, 1L)], outcome.Merged.Select(merged => (merged.loserId, merged.winnerId, merged.sequence)));
        Assert.Equal(winner, outcome.Identified.profileId);
    }

    [Fact]
    public void Decide_IdentifiersAlreadyOfOneRoot_DecidesNothing()
    {
        var graph = Graph();
        var first = Linker.Decide(Types, graph, A.Request("m1", A.User("u"), A.Anonymous("a")), Position, A.Now);
        var second = Linker.Decide(Types, graph, A.Request("m2", A.User("u"), A.Anonymous("a")), Position, A.Now);
        Assert.Null(second.Decision);
        Assert.Equal(first.Identified.profileId, second.Identified.profileId);
        Assert.Equal(1, graph.Sequence);
    }

    [Fact]
    public void Decide_LoserWithIdentifiers_TakesAllOfThemAlong()
    {
        var graph = Graph(A.Request("m1", A.Email("e@x.org"), A.Anonymous("a")), A.Request("m2", A.User("u"), A.Anonymous("b")));
        var outcome = Linker.Decide(Types, graph, A.Request("m3", A.User("u"), A.Email("e@x.org")), Position, A.Now);
        Assert.Equal(["anonymous_id:a", "email:e@x.org", "user_id:u"], outcome.Decision!.identifiers.Select(A.Name).Order());
        Assert.Equal(Implied(A.User("u")), graph.RootOf(A.Anonymous("a")));
    }

    [Fact]
    public void Decide_SeveralRoots_EndsEachLoserOnce()
    {
        var outcome = Linker.Decide(Types, Graph(), A.Request("m", A.User("u"), A.Email("e@x.org"), A.Anonymous("a")), Position, A.Now);
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
        var outcome = Linker.Decide(Types, Graph(history), request, Position, A.Now);
        Assert.True(Implied(winner) == outcome.Decision!.profileId, rule);
    }

    [Fact]
    public void Decide_NothingElseToGoBy_TheSmallerIdWinsInEitherOrder()
    {
        var (a, b) = (A.User("u1"), A.User("u2"));
        var least = string.CompareOrdinal(Implied(a), Implied(b)) < 0 ? Implied(a) : Implied(b);
        Assert.Equal(least, Linker.Decide(Types, Graph(), A.Request("m", a, b), Position, A.Now).Decision!.profileId);
        Assert.Equal(least, Linker.Decide(Types, Graph(), A.Request("m", b, a), Position, A.Now).Decision!.profileId);
    }

    [Fact]
    public void Decide_SecondUserOnADevice_KeepsTheDeviceApartAndAnswersTheSameOnce()
    {
        var graph = Graph(A.Request("1", A.User("u1"), A.Anonymous("d")));
        var first = Linker.Decide(DefaultTypes.Configuration, graph, A.Request("2", A.User("u2"), A.Anonymous("d")), Position, A.Now);
        Assert.Equal(("limit", Implied(A.User("u2"))), (first.Decision!.kind, first.Decision.profileId));
        Assert.Empty(first.Decision.identifiers);
        Assert.Empty(first.Merged);
        Assert.Equal(["user_id:u2"], first.Identified.identifiers.Select(A.Name));
        Assert.Equal([("anonymous_id", "d", "limit")], first.Identified.dropped.Select(dropped => (dropped.type, dropped.value, dropped.reason)));
        Assert.Equal(new Refusal(2, "ab", ".l"), first.Refused!.Value.Refusal);

        var second = Linker.Decide(DefaultTypes.Configuration, graph, A.Request("3", A.User("u2"), A.Anonymous("d")), Position, A.Now);
        Assert.Null(second.Decision);
        Assert.Null(second.Refused);
        Assert.Equal(["anonymous_id:d limit"], second.Identified.dropped.Select(dropped => $"{dropped.type}:{dropped.value} {dropped.reason}"));
    }

    [Fact]
    public void Decide_LowestIdentifierExceedsTheLimit_TheOthersJoinAllTheSame()
    {
        var graph = Graph(A.Request("1", A.User("u1"), A.Anonymous("d")));
        var outcome = Linker.Decide(DefaultTypes.Configuration, graph, A.Request("2", A.User("u2"), A.Email("e@x.org"), A.Anonymous("d")), Position, A.Now);
        Assert.Equal("linked", outcome.Decision!.kind);
        Assert.Equal(["user_id:u2", "email:e@x.org"], outcome.Decision.identifiers.Select(A.Name));
        Assert.Equal(["d"], outcome.Decision.dropped.Select(dropped => dropped.value));
    }

    [Theory]
    [InlineData("alias", "merged")]
    [InlineData("merge", "merged")]
    [InlineData("track", "limit")]
    public void Decide_TwoUsersInOneEvent_JoinOnlyWhereItIsStated(string type, string kind)
    {
        var graph = Graph(A.Request("1", A.User("u1"), A.Anonymous("a")), A.Request("2", A.User("u2"), A.Anonymous("b")));
        Assert.Equal(kind, Linker.Decide(DefaultTypes.Configuration, graph, A.Request(A.Event("m", type: type), A.User("u1"), A.User("u2")), Position, A.Now).Decision!.kind);
    }

    [Fact]
    public void Decide_ProfileThatAStatementMadeTooLarge_StillTakesWhatAddsNothingOfTheType()
    {
        var graph = Graph(A.Request(A.Event("1", type: "alias"), A.User("u1"), A.User("u2")));
        Assert.Equal("linked", Linker.Decide(DefaultTypes.Configuration, graph, A.Request("2", A.User("u1"), A.Email("e@x.org")), Position, A.Now).Decision!.kind);
        Assert.Equal("limit", Linker.Decide(DefaultTypes.Configuration, graph, A.Request("3", A.User("u1"), A.User("u3")), Position, A.Now).Decision!.kind);
    }

    [Theory]
    [InlineData("track")]
    [InlineData("merge")]
    public void Decide_BeyondTheCapOfMerges_NothingMergesButIdentifiersJoin(string type)
    {
        var types = A.Types(users: 9, others: 9, merges: 1);
        var graph = Graph(A.Request("1", A.User("u1"), A.Anonymous("a")), A.Request("2", A.User("u2"), A.Anonymous("b")), A.Request("3", A.User("u1"), A.User("u2")), A.Request("4", A.User("u3"), A.Anonymous("c")));
        Assert.Equal("capped", Linker.Decide(types, graph, A.Request(A.Event("5", type: type), A.User("u1"), A.User("u3")), Position, A.Now).Decision!.kind);
        var joined = Linker.Decide(types, graph, A.Request("6", A.User("u1"), A.Anonymous("d")), Position, A.Now).Decision!;
        Assert.Equal(("linked", 1), (joined.kind, joined.merges));
    }

    [Fact]
    public void Decide_BeyondTheCapOfIdentifiers_TheEventStillHasItsProfile()
    {
        var types = A.Types(users: 9, others: 9, identifiers: 2);
        var outcome = Linker.Decide(types, Graph(A.Request("1", A.User("u"), A.Anonymous("a"))), A.Request("2", A.User("u"), A.Anonymous("b")), Position, A.Now);
        Assert.Equal(("capped", Implied(A.User("u"))), (outcome.Decision!.kind, outcome.Identified.profileId));
    }

    private static string Implied(Identifier identifier) => A.ProfileIds.Implied(identifier);

    private static Graph Graph(params LinkRequest[] history)
    {
        var graph = new Graph(A.ProfileIds);
        foreach (var request in history) Linker.Decide(Types, graph, request, Position, A.Now);
        return graph;
    }
}
