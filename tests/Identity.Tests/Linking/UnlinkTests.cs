using cdp;
using Cdp.Identifiers;
using Cdp.Identity.Linking;
using Xunit;

namespace Cdp.Identity.Tests.Linking;

public sealed class UnlinkTests
{
    private readonly Graph _graph = new Graph(A.ProfileIds);

    [Fact]
    public void Decide_OneOfThree_LeavesUnderAFreshId()
    {
        var root = Link(A.User("u"), A.Anonymous("a"));
        Link(A.User("u"), A.Anonymous("b"));

        var (decision, split, refusal) = Unlink.Decide(_graph, A.Unlink("r", A.Anonymous("b")), A.At(7), A.Now);

        Assert.Null(refusal);
        Assert.Equal((3, "split", root, "r", 7L), (decision!.sequence, decision.kind, decision.profileId, decision.messageId, decision.request.offset));
        Assert.Equal(["anonymous_id:b"], decision.identifiers.Select(A.Name));
        Assert.Equal(decision.into, _graph.RootOf(A.Anonymous("b")));
        Assert.NotEqual(A.ProfileIds.Implied(A.Anonymous("b")), decision.into);
        Assert.Equal(root, _graph.RootOf(A.User("u")));
        Assert.Equal(["anonymous_id:a", "user_id:u"], _graph.NodeOf(root)!.Identifiers.Select(A.Name).Order());
        Assert.Equal((root, decision.into, 3L), (split!.profileId, split.into.Single(), split.sequence));
        Assert.Equal(new[] { A.User("u"), A.Anonymous("a"), A.Anonymous("b") }.Select(A.ProfileIds.Implied).Order(), split.family.Order());
    }

    [Fact]
    public void Decide_WhatWasSplitAndCameBack_HasItsFormerIdInTheFamily()
    {
        Link(A.User("u"), A.Anonymous("a"));
        var former = Unlink.Decide(_graph, A.Unlink("r", A.Anonymous("a")), A.At(0), A.Now).Decision!.into;
        Link(A.User("u"), A.Anonymous("a"));

        var split = Unlink.Decide(_graph, A.Unlink("r", A.Anonymous("a")), A.At(0), A.Now).Split;

        Assert.NotEqual(former, split!.into.Single());
        Assert.Contains(former, split.family);
    }

    [Fact]
    public void Decide_NeverLinked_SaysWhich()
    {
        Link(A.User("u"), A.Anonymous("a"));
        var refusal = Refused(A.Anonymous("a"), A.Anonymous("stranger"));
        Assert.Equal(Unlink.NotLinked, refusal.Code);
        Assert.Contains("anonymous_id 'stranger'", refusal.Message);
        Assert.DoesNotContain("'a'", refusal.Message);
    }

    [Fact]
    public void Decide_OfTwoProfiles_SaysWhichBelongsWhere()
    {
        var (first, second) = (Link(A.User("u"), A.Anonymous("a")), Link(A.User("v"), A.Anonymous("b")));
        var refusal = Refused(A.Anonymous("a"), A.Anonymous("b"));
        Assert.Equal(Unlink.SeveralProfiles, refusal.Code);
        Assert.Contains($"anonymous_id 'a' to {first}", refusal.Message);
        Assert.Contains($"anonymous_id 'b' to {second}", refusal.Message);
    }

    [Fact]
    public void Decide_AllOfIt_NothingRemains()
    {
        Link(A.User("u"), A.Anonymous("a"));
        Assert.Equal(Unlink.NothingRemains, Refused(A.Anonymous("a"), A.User("u"), A.User("u")).Code);
    }

    [Fact]
    public void Decide_TheSameAgain_ChangesNothing()
    {
        Link(A.User("u"), A.Anonymous("a"));
        Unlink.Decide(_graph, A.Unlink("r", A.Anonymous("a")), A.At(0), A.Now);
        Assert.Equal(Unlink.NothingRemains, Refused(A.Anonymous("a")).Code);
    }

    private UnlinkRefusal Refused(params Identifier[] identifiers)
    {
        var before = _graph.Sequence;
        var (decision, split, refusal) = Unlink.Decide(_graph, A.Unlink("r", identifiers), A.At(0), A.Now);
        Assert.Null(decision);
        Assert.Null(split);
        Assert.Equal(before, _graph.Sequence);
        return refusal!;
    }

    private string Link(params Identifier[] identifiers) => Linker.Decide(A.Unlimited, _graph, A.Request("m", identifiers), A.At(0), A.Now).Identified.profileId;
}
