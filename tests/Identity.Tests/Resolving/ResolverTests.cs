using cdp;
using Cdp.Identifiers.Extraction;
using Cdp.Identifiers.Types;
using Cdp.Identity.Graph;
using Cdp.Identity.Resolving;
using Xunit;

namespace Cdp.Identity.Tests.Resolving;

public sealed class ResolverTests
{
    private readonly Resolver _resolver = new(Given.ProfileIds);
    private readonly PendingRequests _pending = new(capacity: 4);

    [Fact]
    public void Resolve_UnknownIdentifier_GoesToTheProfileItImplies() =>
        Assert.Equal(Given.ProfileIds.Implied(Given.Anonymous("a")), Assert.IsType<IdentifiedEvent>(Resolve(View(0), "m", Given.Anonymous("a"))).profileId);

    [Fact]
    public void Resolve_IdentifiersOfOneRoot_GoesToTheRoot()
    {
        var view = View(0, (Given.User("u"), "root"), (Given.Anonymous("a"), "root"));
        Assert.Equal("root", Assert.IsType<IdentifiedEvent>(Resolve(view, "m", Given.User("u"), Given.Anonymous("a"))).profileId);
    }

    [Fact]
    public void Resolve_SeveralRoots_SendsTheWholeEventToTheLinker()
    {
        var request = Assert.IsType<LinkRequest>(Resolve(View(0), "m", Given.User("u"), Given.Anonymous("a")));
        Assert.Equal(("m", 5L), (request.validated.envelope.messageId, request.origin.offset));
        Assert.Equal(["user_id:u", "anonymous_id:a"], request.identifiers.Select(Given.Name));
    }

    [Fact]
    public void Resolve_AfterARequestInTheSameBatch_Follows()
    {
        var view = View(0);
        Resolve(view, "m1", Given.User("u"), Given.Anonymous("a"));
        Assert.IsType<LinkRequest>(Resolve(view, "m2", Given.Anonymous("a")));
        Assert.IsType<IdentifiedEvent>(Resolve(view, "m3", Given.Anonymous("b")));
    }

    [Theory]
    [InlineData(10, true)]
    [InlineData(11, false)]
    public void Resolve_AfterARequestInAnEarlierBatch_FollowsUntilTheLinkerHasAppliedIt(long position, bool follows)
    {
        _pending.Add([Given.Anonymous("a")], 10);
        Assert.Equal(follows, Resolve(View(position), "m", Given.Anonymous("a")) is LinkRequest);
        Assert.IsType<IdentifiedEvent>(Resolve(View(position), "m", Given.Anonymous("b")));
    }

    [Theory]
    [InlineData(19, true)]
    [InlineData(20, false)]
    public void Resolve_AfterAnAssignment_FollowsUntilTheLinkerHasAppliedAllEarlierRequests(long position, bool follows)
    {
        _pending.Assign(0, 20);
        Assert.Equal(follows, Resolve(View(position), "m", Given.Anonymous("a")) is LinkRequest);
        _pending.Revoke(0);
        Assert.IsType<IdentifiedEvent>(Resolve(View(position), "m", Given.Anonymous("b")));
    }

    [Fact]
    public void Resolve_LinkerPositionWentBack_FollowsUntilItIsReachedAgain()
    {
        _pending.Advance(30);
        Assert.IsType<LinkRequest>(Resolve(View(0), "m", Given.Anonymous("a")));
        Assert.IsType<IdentifiedEvent>(Resolve(View(30), "m", Given.Anonymous("a")));
    }

    [Theory]
    [InlineData("r1", "r2", 6, 5, true)]
    [InlineData("r1", "r2", 4, 5, false)]
    [InlineData("r1", "r2", 5, 5, true)]
    [InlineData("r1", "r1", 6, 5, true)]
    public void Resolve_RefusedCombination_IsResolvedUntilASplit(string first, string second, long sequence, long lastSplit, bool isResolved)
    {
        Identifier[] identifiers = [Given.User("u"), Given.Anonymous("a")];
        var key = LinkRefusal.KeyOf(DefaultTypes.Configuration, Given.Event("m"), identifiers);
        var refusals = new Dictionary<string, LinkRefusal> { [key] = new(sequence, "ab", ".l") };
        var roots = new Dictionary<Identifier, string>(IdentifierComparer.Instance) { [identifiers[0]] = first, [identifiers[1]] = second };
        var resolved = Resolve(new ResolverView(0, roots, refusals, lastSplit, _pending), "m", identifiers);
        Assert.Equal(isResolved, resolved is IdentifiedEvent);
        if (resolved is IdentifiedEvent identified) Assert.Equal(first == second ? 2 : 1, identified.identifiers.Count);
    }

    [Fact]
    public void Resolve_CombinationRefusedUnderOtherRules_GoesToTheLinker()
    {
        Identifier[] identifiers = [Given.User("u"), Given.Anonymous("a")];
        var key = LinkRefusal.KeyOf(Given.Types(users: 2, others: 5), Given.Event("m"), identifiers);
        var refusals = new Dictionary<string, LinkRefusal> { [key] = new(6, "ab", ".l") };
        Assert.IsType<LinkRequest>(Resolve(new ResolverView(0, new Dictionary<Identifier, string>(), refusals, 0, _pending), "m", identifiers));
    }

    [Fact]
    public void Advance_AppliedRequests_AreForgotten()
    {
        _pending.Add([Given.User("u"), Given.Anonymous("a")], 10);
        _pending.Add([Given.Anonymous("a")], 12);
        _pending.Advance(11);
        Assert.Equal(1, _pending.Count);
        Assert.True(_pending.IsPending(0, [Given.Anonymous("a")], 11));
        _pending.Advance(13);
        Assert.Equal(0, _pending.Count);
    }

    [Fact]
    public void Add_BeyondCapacity_MakesAllEventsWait()
    {
        for (var i = 0; i < 5; i++) _pending.Add([Given.Anonymous($"a{i}")], i);
        Assert.Equal(0, _pending.Count);
        Assert.True(_pending.IsPending(0, [Given.Anonymous("another")], 4));
        Assert.False(_pending.IsPending(0, [Given.Anonymous("a4")], 5));
    }

    private object Resolve(ResolverView view, string messageId, params Identifier[] identifiers) =>
        _resolver.Resolve(DefaultTypes.Configuration, view, Given.Validated(Given.Event(messageId)), new EventIdentifiers(identifiers, []), Given.At(5));

    private ResolverView View(long position, params (Identifier Identifier, string Root)[] roots)
    {
        var byIdentifier = roots.ToDictionary(root => root.Identifier, root => root.Root, IdentifierComparer.Instance);
        return new(position, byIdentifier, new Dictionary<string, LinkRefusal>(), 0, _pending);
    }
}
