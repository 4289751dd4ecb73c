using cdp;
using Cdp.Identifiers;
using Cdp.Identity.Resolving;
using Xunit;

namespace Cdp.Identity.Tests;

public sealed class ResolverTests
{
    private readonly Resolver _resolver = new(A.ProfileIds);
    private readonly Detours _detours = new(capacity: 4);

    [Fact]
    public void Resolve_OneUnknownIdentifier_EmitsUnderItsImpliedProfile() =>
        Assert.Equal(A.ProfileIds.Implied(A.Anonymous("a")), Assert.IsType<IdentifiedEvent>(Resolve(View(0), "m", A.Anonymous("a"))).profileId);

    [Fact]
    public void Resolve_IdentifiersOfOneRoot_EmitsUnderIt() =>
        Assert.Equal("root", Assert.IsType<IdentifiedEvent>(Resolve(View(0, (A.User("u"), "root"), (A.Anonymous("a"), "root")), "m", A.User("u"), A.Anonymous("a"))).profileId);

    [Fact]
    public void Resolve_SeveralRoots_AsksTheLinkerWithTheWholeEvent()
    {
        var request = Assert.IsType<LinkRequest>(Resolve(View(0), "m", A.User("u"), A.Anonymous("a")));
        Assert.Equal(("m", 5L), (request.validated.envelope.messageId, request.origin.offset));
        Assert.Equal(["user_id:u", "anonymous_id:a"], request.identifiers.Select(A.Name));
    }

    [Fact]
    public void Resolve_BehindARequestOfTheSameBatch_Follows()
    {
        var view = View(0);
        Resolve(view, "m1", A.User("u"), A.Anonymous("a"));
        Assert.IsType<LinkRequest>(Resolve(view, "m2", A.Anonymous("a")));
        Assert.IsType<IdentifiedEvent>(Resolve(view, "m3", A.Anonymous("b")));
    }

    [Theory]
    [InlineData(10, true)]
    [InlineData(11, false)]
    public void Resolve_BehindARequestOfAnEarlierBatch_FollowsUntilTheLinkerHasPassedIt(long position, bool follows)
    {
        _detours.Sent([A.Anonymous("a")], 10);
        Assert.Equal(follows, Resolve(View(position), "m", A.Anonymous("a")) is LinkRequest);
        Assert.IsType<IdentifiedEvent>(Resolve(View(position), "m", A.Anonymous("b")));
    }

    [Theory]
    [InlineData(19, true)]
    [InlineData(20, false)]
    public void Resolve_AfterAnAssignment_FollowsUntilTheLinkerHasPassedWhereRequestsEnded(long position, bool follows)
    {
        _detours.Assigned(0, 20);
        Assert.Equal(follows, Resolve(View(position), "m", A.Anonymous("a")) is LinkRequest);
        _detours.Revoked(0);
        Assert.IsType<IdentifiedEvent>(Resolve(View(position), "m", A.Anonymous("b")));
    }

    [Fact]
    public void Resolve_LinkerPositionWentBack_FollowsUntilItIsThereAgain()
    {
        _detours.Passed(30);
        Assert.IsType<LinkRequest>(Resolve(View(0), "m", A.Anonymous("a")));
        Assert.IsType<IdentifiedEvent>(Resolve(View(30), "m", A.Anonymous("a")));
    }

    [Fact]
    public void Passed_Requests_AreForgotten()
    {
        _detours.Sent([A.User("u"), A.Anonymous("a")], 10);
        _detours.Sent([A.Anonymous("a")], 12);
        _detours.Passed(11);
        Assert.Equal(1, _detours.Count);
        Assert.True(_detours.IsPending(0, [A.Anonymous("a")], 11));
        _detours.Passed(13);
        Assert.Equal(0, _detours.Count);
    }

    [Fact]
    public void Sent_BeyondCapacity_MakesAllWaitInsteadOfGrowing()
    {
        for (var i = 0; i < 5; i++) _detours.Sent([A.Anonymous($"a{i}")], i);
        Assert.Equal(0, _detours.Count);
        Assert.True(_detours.IsPending(0, [A.Anonymous("another")], 4));
        Assert.False(_detours.IsPending(0, [A.Anonymous("a4")], 5));
    }

    private object Resolve(ResolverView view, string messageId, params Identifier[] identifiers) =>
        _resolver.Resolve(view, A.Validated(A.Event(messageId)), new EventNames(identifiers, []), A.At(5));

    private ResolverView View(long position, params (Identifier Identifier, string Root)[] roots) =>
        new(position, roots.ToDictionary(root => root.Identifier, root => root.Root, IdentifierComparer.Instance), _detours);
}
