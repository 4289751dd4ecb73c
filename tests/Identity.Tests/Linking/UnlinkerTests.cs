using cdp;
using Cdp.Identifiers.Types;
using Cdp.Identity.Graph;
using Cdp.Identity.Linking;
using Xunit;

namespace Cdp.Identity.Tests.Linking;

public sealed class UnlinkerTests
{
    private readonly IdentityGraph _graph = new(Given.ProfileIds);

    [Fact]
    public void Decide_OneOfThreeIdentifiers_LeavesUnderANewId()
    {
        var root = Link(Given.User("u"), Given.Anonymous("a"));
        Link(Given.User("u"), Given.Anonymous("b"));

        var (decision, split, refusal) = Unlinker.Decide(DefaultTypes.Configuration, _graph, Given.Unlink("r", Given.Anonymous("b")), Given.At(7), Given.Now);

        Assert.Null(refusal);
        Assert.Equal((3, "split", root, "r", 7L), (decision!.sequence, decision.kind, decision.profileId, decision.messageId, decision.request.offset));
        Assert.Equal(["anonymous_id:b"], decision.identifiers.Select(Given.Name));
        Assert.Equal(decision.into, _graph.RootOf(Given.Anonymous("b")));
        Assert.NotEqual(Given.ProfileIds.Implied(Given.Anonymous("b")), decision.into);
        Assert.Equal(root, _graph.RootOf(Given.User("u")));
        Assert.Equal(["anonymous_id:a", "user_id:u"], _graph.NodeOf(root)!.Identifiers.Select(Given.Name).Order());
        Assert.Equal((root, decision.into, 3L), (split!.profileId, split.into.Single(), split.sequence));
        Assert.Equal(new[] { Given.User("u"), Given.Anonymous("a"), Given.Anonymous("b") }.Select(Given.ProfileIds.Implied).Order(), split.family.Order());
    }

    [Fact]
    public void Decide_IdentifierThatWasSplitOffAndLinkedAgain_FamilyHasItsFormerProfile()
    {
        Link(Given.User("u"), Given.Anonymous("a"));
        var former = Unlinker.Decide(DefaultTypes.Configuration, _graph, Given.Unlink("r", Given.Anonymous("a")), Given.At(0), Given.Now).Decision!.into;
        Link(Given.User("u"), Given.Anonymous("a"));

        var split = Unlinker.Decide(DefaultTypes.Configuration, _graph, Given.Unlink("r", Given.Anonymous("a")), Given.At(0), Given.Now).Split;

        Assert.NotEqual(former, split!.into.Single());
        Assert.Contains(former, split.family);
    }

    [Fact]
    public void Decide_IdentifierThatWasNeverLinked_SaysWhich()
    {
        Link(Given.User("u"), Given.Anonymous("a"));
        var refusal = Refused(Given.Anonymous("a"), Given.Anonymous("stranger"));
        Assert.Equal(UnlinkRefusal.NotLinked, refusal.Code);
        Assert.Contains("anonymous_id 'stranger'", refusal.Message);
        Assert.DoesNotContain("'a'", refusal.Message);
    }

    [Fact]
    public void Decide_IdentifiersOfTwoProfiles_SaysWhichBelongsWhere()
    {
        var (first, second) = (Link(Given.User("u"), Given.Anonymous("a")), Link(Given.User("v"), Given.Anonymous("b")));
        var refusal = Refused(Given.Anonymous("a"), Given.Anonymous("b"));
        Assert.Equal(UnlinkRefusal.SeveralProfiles, refusal.Code);
        Assert.Contains($"anonymous_id 'a' to {first}", refusal.Message);
        Assert.Contains($"anonymous_id 'b' to {second}", refusal.Message);
    }

    [Fact]
    public void Decide_AllIdentifiersOfAProfile_IsRefused()
    {
        Link(Given.User("u"), Given.Anonymous("a"));
        Assert.Equal(UnlinkRefusal.NothingRemains, Refused(Given.Anonymous("a"), Given.User("u"), Given.User("u")).Code);
    }

    [Fact]
    public void Decide_RequestSentTwice_SaysWhichDecisionHasDoneItAndWhereToSeeIt()
    {
        Link(Given.User("u"), Given.Anonymous("a b"));
        var into = Unlinker.Decide(DefaultTypes.Configuration, _graph, Given.Unlink("r", Given.Anonymous("a b")), Given.At(0), Given.Now).Decision!.into;

        var refusal = Refused(Given.Anonymous("a b"));

        Assert.Equal(UnlinkRefusal.NothingRemains, refusal.Code);
        Assert.StartsWith($"already unmerged: these are all identifiers of {into}, which decision 2 split off", refusal.Message);
        Assert.Contains("GET /v1/identity/anonymous_id/a%20b;", refusal.Message);
        Assert.Contains("GET /v1/identity/unmerge/MESSAGE_ID", refusal.Message);
    }

    [Fact]
    public void Decide_TypeThatIsNotConfigured_ListsTheTypes()
    {
        var message = Refused(new Identifier { type = "emial", value = "e@x.org" }).Message;
        Assert.Contains("emial 'e@x.org' was never linked", message);
        Assert.Contains("emial is not a configured type: the types are user_id, email, phone,", message);
    }

    private UnlinkRefusal Refused(params Identifier[] identifiers)
    {
        var before = _graph.Sequence;
        var (decision, split, refusal) = Unlinker.Decide(DefaultTypes.Configuration, _graph, Given.Unlink("r", identifiers), Given.At(0), Given.Now);
        Assert.Null(decision);
        Assert.Null(split);
        Assert.Equal(before, _graph.Sequence);
        return refusal!;
    }

    private string Link(params Identifier[] identifiers) =>
        Linker.Decide(Given.Unlimited, _graph, Given.Request("m", identifiers), Given.At(0), Given.Now).Identified.profileId;
}
