using cdp;
using Cdp.Identifiers.Types;
using Cdp.Identity.Graph;
using Cdp.Identity.Linking;
using Xunit;

namespace Cdp.Identity.Tests.Linking;

public sealed class LinkerTests
{
    private static readonly RecordPosition Position = Given.At(7, topic: "cdp.identity.requests");

    [Fact]
    public void Decide_SingleUnknownIdentifier_DecidesNothing()
    {
        var result = Decide(Given.Unlimited, Graph(), Given.Request("m", Given.Anonymous("a")));
        Assert.Null(result.Decision);
        Assert.Empty(result.Merged);
        Assert.Equal(Implied(Given.Anonymous("a")), result.Identified.profileId);
    }

    [Fact]
    public void Decide_TwoUnknownIdentifiers_LinksThemUnderTheHigherPriority()
    {
        var result = Decide(Given.Unlimited, Graph(), Given.Request("m", Given.User("u"), Given.Anonymous("a")));
        var (winner, loser) = (Implied(Given.User("u")), Implied(Given.Anonymous("a")));
        var decision = result.Decision!;
        Assert.Equal((1, "linked", winner), (decision.sequence, decision.kind, decision.profileId));
        Assert.Equal(("m", 7L), (decision.messageId, decision.request.offset));
        Assert.Equal([loser], decision.merged);
        Assert.Equal(["user_id:u", "anonymous_id:a"], decision.identifiers.Select(Given.Name));
        Assert.Equal([(loser, winner, 1L)], result.Merged.Select(merged => (merged.loserId, merged.winnerId, merged.sequence)));
        Assert.Equal(winner, result.Identified.profileId);
    }

    [Fact]
    public void Decide_IdentifiersOfOneRoot_DecidesNothing()
    {
        var graph = Graph();
        var first = Decide(Given.Unlimited, graph, Given.Request("m1", Given.User("u"), Given.Anonymous("a")));
        var second = Decide(Given.Unlimited, graph, Given.Request("m2", Given.User("u"), Given.Anonymous("a")));
        Assert.Null(second.Decision);
        Assert.Equal(first.Identified.profileId, second.Identified.profileId);
        Assert.Equal(1, graph.Sequence);
    }

    [Fact]
    public void Decide_LoserWithIdentifiers_LinksAllOfThem()
    {
        var graph = Graph(Given.Request("m1", Given.Email("e@x.org"), Given.Anonymous("a")), Given.Request("m2", Given.User("u"), Given.Anonymous("b")));
        var result = Decide(Given.Unlimited, graph, Given.Request("m3", Given.User("u"), Given.Email("e@x.org")));
        Assert.Equal(["anonymous_id:a", "email:e@x.org", "user_id:u"], result.Decision!.identifiers.Select(Given.Name).Order());
        Assert.Equal(Implied(Given.User("u")), graph.RootOf(Given.Anonymous("a")));
    }

    [Fact]
    public void Decide_SeveralRoots_EndsEachLoserOnce()
    {
        var result = Decide(Given.Unlimited, Graph(), Given.Request("m", Given.User("u"), Given.Email("e@x.org"), Given.Anonymous("a")));
        Assert.Equal([Implied(Given.Email("e@x.org")), Implied(Given.Anonymous("a"))], result.Merged.Select(merged => merged.loserId));
        Assert.Equal(1, result.Decision!.sequence);
    }

    /// <summary>Limit, history, request, and the identifier whose profile remains.</summary>
    public static TheoryData<string, LinkRequest[], LinkRequest, Identifier> Winners => new()
    {
        { "the event's highest priority", [], Given.Request("m", Given.User("u"), Given.Email("e@x.org")), Given.User("u") },
        {
            "a priority that a profile has although the event does not carry that identifier",
            [Given.Request("1", Given.User("u"), Given.Anonymous("a"))],
            Given.Request("m", Given.Email("e@x.org"), Given.Anonymous("a")),
            Given.User("u")
        },
        {
            "priority before age",
            [Given.Request("1", Given.Email("e@x.org"), Given.Anonymous("a")), Given.Request("2", Given.User("u"), Given.Anonymous("b"))],
            Given.Request("m", Given.Anonymous("a"), Given.Anonymous("b")),
            Given.User("u")
        },
        {
            "the older of equal priority",
            [Given.Request("1", Given.User("u1"), Given.Anonymous("a")), Given.Request("2", Given.User("u2"), Given.Anonymous("b"))],
            Given.Request("m", Given.User("u2"), Given.User("u1")),
            Given.User("u1")
        },
        {
            "the older of equal priority, whichever it is",
            [Given.Request("1", Given.User("u2"), Given.Anonymous("b")), Given.Request("2", Given.User("u1"), Given.Anonymous("a"))],
            Given.Request("m", Given.User("u2"), Given.User("u1")),
            Given.User("u2")
        },
        {
            "a profile that a decision named before one that none did",
            [Given.Request("1", Given.User("u2"), Given.Anonymous("b"))],
            Given.Request("m", Given.User("u1"), Given.User("u2")),
            Given.User("u2")
        },
        {
            "a profile that a decision named before one that none did, in the other order",
            [Given.Request("1", Given.User("u1"), Given.Anonymous("b"))],
            Given.Request("m", Given.User("u1"), Given.User("u2")),
            Given.User("u1")
        },
        {
            "a profile is as old as its first decision",
            [
                Given.Request("1", Given.User("u1"), Given.Anonymous("a")),
                Given.Request("2", Given.User("u2"), Given.Anonymous("b")),
                Given.Request("3", Given.User("u1"), Given.Anonymous("c")),
            ],
            Given.Request("m", Given.User("u2"), Given.Anonymous("c")),
            Given.User("u1")
        },
    };

    [Theory]
    [MemberData(nameof(Winners))]
    public void Decide_CompetingRoots_OneWins(string rule, LinkRequest[] history, LinkRequest request, Identifier winner)
    {
        var result = Decide(Given.Unlimited, Graph(history), request);
        Assert.True(Implied(winner) == result.Decision!.profileId, rule);
    }

    [Fact]
    public void Decide_EqualPriorityAndAge_TheSmallerIdWinsInEitherOrder()
    {
        var (a, b) = (Given.User("u1"), Given.User("u2"));
        var least = string.CompareOrdinal(Implied(a), Implied(b)) < 0 ? Implied(a) : Implied(b);
        Assert.Equal(least, Decide(Given.Unlimited, Graph(), Given.Request("m", a, b)).Decision!.profileId);
        Assert.Equal(least, Decide(Given.Unlimited, Graph(), Given.Request("m", b, a)).Decision!.profileId);
    }

    [Fact]
    public void Decide_SecondUserOnADevice_KeepsTheDeviceApartAndDecidesOnce()
    {
        var graph = Graph(Given.Request("1", Given.User("u1"), Given.Anonymous("d")));
        var first = Decide(graph, Given.Request("2", Given.User("u2"), Given.Anonymous("d")));
        Assert.Equal(("limit", Implied(Given.User("u2"))), (first.Decision!.kind, first.Decision.profileId));
        Assert.Empty(first.Decision.identifiers);
        Assert.Empty(first.Merged);
        Assert.Equal(["user_id:u2"], first.Identified.identifiers.Select(Given.Name));
        Assert.Equal(["anonymous_id:d limit"], Dropped(first));
        Assert.Equal(new LinkRefusal(2, "ab", ".l"), first.NewRefusal!.Value.Refusal);

        var second = Decide(graph, Given.Request("3", Given.User("u2"), Given.Anonymous("d")));
        Assert.Null(second.Decision);
        Assert.Null(second.NewRefusal);
        Assert.Equal(["anonymous_id:d limit"], Dropped(second));
    }

    [Fact]
    public void Decide_LowestIdentifierExceedsTheLimit_LinksTheOthers()
    {
        var graph = Graph(Given.Request("1", Given.User("u1"), Given.Anonymous("d")));
        var result = Decide(graph, Given.Request("2", Given.User("u2"), Given.Email("e@x.org"), Given.Anonymous("d")));
        Assert.Equal("linked", result.Decision!.kind);
        Assert.Equal(["user_id:u2", "email:e@x.org"], result.Decision.identifiers.Select(Given.Name));
        Assert.Equal(["d"], result.Decision.dropped.Select(dropped => dropped.value));
    }

    [Theory]
    [InlineData("alias", "server", "merged", "statement")]
    [InlineData("merge", "server", "merged", "statement")]
    [InlineData("track", "server", "limit", null)]
    [InlineData("alias", "public", "limit", "claim")]
    [InlineData("merge", "public", "limit", "claim")]
    [InlineData("alias", null, "limit", "claim")]
    [InlineData("merge", null, "limit", "claim")]
    [InlineData("merge", "SERVER", "limit", "claim")]
    [InlineData("track", "public", "limit", null)]
    public void Decide_TwoUsersInOneEvent_AreMergedOnlyByATrustedSource(string type, string? trust, string kind, string? basis)
    {
        var graph = Graph(Given.Request("1", Given.User("u1"), Given.Anonymous("a")), Given.Request("2", Given.User("u2"), Given.Anonymous("b")));
        var request = Given.Request(Given.Event("m", type: type, trust: trust), Given.User("u1"), Given.User("u2"));
        var decision = Decide(graph, request).Decision!;
        Assert.Equal((kind, basis), (decision.kind, decision.basis));
    }

    [Fact]
    public void Decide_RefusedClaim_AnswersLaterEventsButNotAStatement()
    {
        var graph = Graph(Given.Request("1", Given.User("u1"), Given.Anonymous("a")), Given.Request("2", Given.User("u2"), Given.Anonymous("b")));
        var claim = Decide(graph, Given.Request(Given.Event("3", type: "merge", trust: "public"), Given.User("u1"), Given.User("u2")));
        var inferred = Decide(graph, Given.Request("4", Given.User("u1"), Given.User("u2")));
        Assert.Equal(("limit", null), (claim.Decision!.kind, inferred.Decision));
        Assert.Equal(["user_id:u2 limit"], Dropped(claim));

        var statement = Decide(graph, Given.Request(Given.Event("5", type: "merge"), Given.User("u1"), Given.User("u2")));
        Assert.Equal("merged", statement.Decision!.kind);
    }

    [Fact]
    public void Decide_ClaimsAndEvents_NeverReachTheCaps()
    {
        // All identifiers of other people are sent together with Ada's user id, as claims and as events, until nothing more can be linked.
        var (graph, types) = (new IdentityGraph(Given.ProfileIds), DefaultTypes.Configuration);
        var kinds = new HashSet<string>();
        for (var i = 0; i < 300; i++)
        {
            var other = i % 3 == 0 ? new Identifier { type = DefaultTypes.All[1 + (i % 7)].Name, value = $"v{i}" } : Given.Anonymous($"d{i}");
            Send($"a{i}", "track", Given.Email($"e{i}@x.org"), Given.Anonymous($"d{i}"));
            Send($"b{i}", i % 2 == 0 ? "merge" : "track", Given.User("ada"), other);
        }
        var ada = graph.NodeOf(graph.RootOf(Given.User("ada")))!;
        Assert.InRange(ada.Identifiers.Count, 10, types.Types.Sum(type => type.Limit));
        Assert.True(types.Types.Sum(type => type.Limit) < types.Caps.Merges, "the limits of the default types allow fewer identifiers than the cap of merges");
        Assert.DoesNotContain("capped", kinds);

        void Send(string messageId, string type, params Identifier[] identifiers)
        {
            var request = Given.Request(Given.Event(messageId, type: type, trust: "public"), identifiers);
            if (Decide(types, graph, request).Decision is { } decision) kinds.Add(decision.kind);
        }
    }

    [Fact]
    public void Decide_EverNewIdentifiers_AreCountedByTypeAndProfile()
    {
        var graph = Graph(Given.Request("1", Given.User("u1"), Given.Anonymous("a")), Given.Request("2", Given.User("u2"), Given.Anonymous("b")));
        var types = Given.Types(users: 1, others: 1);
        Assert.Equal("limit1 limit2 limit4 limit8", Kinds("u1", i => Given.Anonymous($"x{i}")));
        Assert.Equal("limit1 limit2 limit4 limit8", Kinds("u2", i => Given.Anonymous($"y{i}")));
        Assert.Equal("linked0 limit1 limit2 limit4 limit8", Kinds("u1", i => Given.Email($"{i}@x.org")));

        string Kinds(string user, Func<int, Identifier> other)
        {
            var decisions = Enumerable.Range(0, 9).Select(i => Decide(types, graph, Given.Request("m", Given.User(user), other(i))).Decision);
            return string.Join(' ', decisions.OfType<IdentityDecision>().Select(decision => $"{decision.kind}{decision.times}"));
        }
    }

    [Fact]
    public void Decide_RefusalWithoutADecision_IsRememberedUntilASplit()
    {
        var graph = Graph(Given.Request("1", Given.User("u"), Given.Anonymous("a")));
        var types = Given.Types(users: 1, others: 1);
        LinkResult Send(int i) => Decide(types, graph, Given.Request("m", Given.User("u"), Given.Anonymous($"x{i}")));
        for (var i = 1; i <= 3; i++) Send(i);
        Assert.Equal(3, graph.Sequence);
        Assert.Null(Send(3).NewCount);

        Unlinker.Decide(DefaultTypes.Configuration, graph, Given.Unlink("s", Given.Anonymous("a")), Position, Given.Now);
        Assert.Equal("linked", Send(3).Decision!.kind);
        Assert.Equal("limit", Send(4).Decision!.kind);
        Assert.Null(Send(5).Decision);
        Assert.Null(Send(5).NewCount);
    }

    [Fact]
    public void Decide_ClaimWithinTheLimits_LinksLikeAnyEvent()
    {
        var result = Decide(Graph(), Given.Request(Given.Event("1", type: "merge", trust: "public"), Given.User("u"), Given.Email("e@x.org")));
        Assert.Equal(("linked", "claim"), (result.Decision!.kind, result.Decision.basis));
    }

    [Fact]
    public void Decide_ProfileOverALimit_IsStillLinkedToIdentifiersOfOtherTypes()
    {
        var graph = Graph(Given.Request(Given.Event("1", type: "alias"), Given.User("u1"), Given.User("u2")));
        Assert.Equal("linked", Decide(graph, Given.Request("2", Given.User("u1"), Given.Email("e@x.org"))).Decision!.kind);
        Assert.Equal("limit", Decide(graph, Given.Request("3", Given.User("u1"), Given.User("u3"))).Decision!.kind);
    }

    [Theory]
    [InlineData("track")]
    [InlineData("merge")]
    public void Decide_CapOfMergesReached_MergesNothingButLinksIdentifiers(string type)
    {
        var types = Given.Types(users: 9, others: 9, merges: 1);
        var graph = Graph(
            Given.Request("1", Given.User("u1"), Given.Anonymous("a")),
            Given.Request("2", Given.User("u2"), Given.Anonymous("b")),
            Given.Request("3", Given.User("u1"), Given.User("u2")),
            Given.Request("4", Given.User("u3"), Given.Anonymous("c")));
        var capped = Decide(types, graph, Given.Request(Given.Event("5", type: type), Given.User("u1"), Given.User("u3")));
        Assert.Equal("capped", capped.Decision!.kind);
        var joined = Decide(types, graph, Given.Request("6", Given.User("u1"), Given.Anonymous("d"))).Decision!;
        Assert.Equal(("linked", 1), (joined.kind, joined.merges));
    }

    [Fact]
    public void Decide_CapOfIdentifiersReached_TheEventStillHasItsProfile()
    {
        var types = Given.Types(users: 9, others: 9, identifiers: 2);
        var graph = Graph(Given.Request("1", Given.User("u"), Given.Anonymous("a")));
        var result = Decide(types, graph, Given.Request("2", Given.User("u"), Given.Anonymous("b")));
        Assert.Equal(("capped", Implied(Given.User("u"))), (result.Decision!.kind, result.Identified.profileId));
    }

    private static string Implied(Identifier identifier) => Given.ProfileIds.Implied(identifier);

    private static LinkResult Decide(IdentityGraph graph, LinkRequest request) => Decide(DefaultTypes.Configuration, graph, request);

    private static LinkResult Decide(IdentifierTypes types, IdentityGraph graph, LinkRequest request) =>
        Linker.Decide(types, graph, request, Position, Given.Now);

    private static IEnumerable<string> Dropped(LinkResult result) =>
        result.Identified.dropped.Select(dropped => $"{dropped.type}:{dropped.value} {dropped.reason}");

    private static IdentityGraph Graph(params LinkRequest[] history)
    {
        var graph = new IdentityGraph(Given.ProfileIds);
        foreach (var request in history) Decide(Given.Unlimited, graph, request);
        return graph;
    }
}
