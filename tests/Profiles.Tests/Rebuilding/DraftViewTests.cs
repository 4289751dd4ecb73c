using Avro.Specific;
using cdp;
using Cdp.Profiles.Rebuilding;
using Cdp.Profiles.State;
using CsCheck;

namespace Cdp.Profiles.Tests.Rebuilding;

public sealed class DraftViewTests
{
    private static readonly string[] People = ["a", "b", "c", "d"];

    [Fact]
    public void Apply_EachRecordTwice_IsAsOnce() => Some.AnyEvents.Sample(events =>
    {
        var (once, twice) = (View(), View());
        foreach (var (e, position) in events) once.Apply(e, position);
        // As a rebuild that was cut off reads a batch again: each partition in order.
        foreach (var (e, position) in events.Concat(events)) twice.Apply(e, position);
        Assert.Equal(once.Changed.Select(Fingerprint.Of).Order(), twice.Changed.Select(Fingerprint.Of).Order());
    });

    [Fact]
    public void Apply_MergeBeforeOrAfterTheEvents_IsTheSame() => Some.AnyEvents.Sample(events =>
    {
        var (before, after) = (View(), View());
        before.Apply(Some.Merged("p", "a"), Some.Identified(1, 100));
        foreach (var (e, position) in events)
        {
            before.Apply(e, position);
            after.Apply(e, position);
        }
        after.Apply(Some.Merged("p", "a"), Some.Identified(1, 100));
        Assert.Equal(Fingerprint.Of(before.Changed.Single(profile => profile.profileId == "a")), Fingerprint.Of(after.Changed.Single(profile => profile.profileId == "a")));
    });

    [Fact]
    public void Apply_TraitsAreNoObject_CountsItAndFoldsTheRest()
    {
        var view = View();
        view.Apply(Some.Identify("a", "[]"), Some.Identified(0, 0));
        view.Apply(Some.Track("a", "A"), Some.Identified(0, 1));
        Assert.Equal((1, 1L), (view.Unfoldable, Assert.Single(view.Changed).total));
    }

    [Fact]
    public void Apply_GroupCall_FoldsTheAccountToo()
    {
        var view = View();
        view.Apply(Some.Group("a", "g", traits: """{"plan":1}"""), Some.Identified(0, 0));
        var account = Assert.Single(view.Changed, profile => profile.kind == Accounts.Kind);
        Assert.Equal((Some.AccountId("g"), "1"), (account.profileId, account.traits["plan"].value));
    }

    [Fact]
    public void Apply_SplitThatNoDecisionToldOf_MarksBothSides()
    {
        var view = View();
        ISpecificRecord split = new ProfileSplit { profileId = "a", into = ["b"], sequence = 7, decidedAt = Some.Noon, identifiers = [Some.Id("email", "x")], family = ["a"] };
        view.Apply(split, Some.Identified(0, 0));
        Assert.Equal(["a", "b"], view.Split.Order());
    }

    private static DraftView View()
    {
        var view = new DraftView(new Routing(), Some.Ids);
        foreach (var profileId in People.Append("p").Append(Some.AccountId("g")).Append(Some.AccountId("acme")).Append(Some.AccountId("zeta"))) view.Add(profileId, null);
        return view;
    }
}
