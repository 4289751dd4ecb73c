using Avro.Specific;
using cdp;
using Cdp.Profiles.Rebuilding;
using Cdp.Profiles.State;
using CsCheck;

namespace Cdp.Profiles.Tests.Rebuilding;

public sealed class DraftViewTests
{
    [Fact]
    public void Apply_EveryRecordTwice_EqualsOnce() => Some.AnyEvents.Sample(events =>
    {
        var (once, twice) = (View(), View());
        foreach (var (e, position) in events) once.Apply(e, position);
        // A rebuild that was interrupted reads a batch again, each partition in order.
        foreach (var (e, position) in events.Concat(events)) twice.Apply(e, position);
        Assert.Equal(once.Changed.Select(Fingerprint.Of).Order(), twice.Changed.Select(Fingerprint.Of).Order());
    });

    [Fact]
    public void Apply_MergeBeforeOrAfterEvents_GivesTheSameState() => Some.AnyEvents.Sample(events =>
    {
        var (before, after) = (View(), View());
        before.Apply(Some.Merged("p", "a"), Some.Identified(1, 100));
        foreach (var (e, position) in events)
        {
            before.Apply(e, position);
            after.Apply(e, position);
        }
        after.Apply(Some.Merged("p", "a"), Some.Identified(1, 100));
        Assert.Equal(FingerprintOf("a", before), FingerprintOf("a", after));
    });

    [Fact]
    public void Apply_TraitsNotAnObject_FoldsTheEventAndReportsTheCut()
    {
        var view = View();
        view.Apply(Some.Identify("a", "[]"), Some.Identified(0, 0));
        view.Apply(Some.Track("a", "A"), Some.Identified(0, 1));
        var profile = Assert.Single(view.Changed);
        Assert.Equal((2L, Cuts.Traits), (profile.total, Assert.Single(profile.cut)));
    }

    [Fact]
    public void Apply_GroupCall_FoldsTheAccountAsWell()
    {
        var view = View();
        view.Apply(Some.Group("a", "g", traits: """{"plan":1}"""), Some.Identified(0, 0));
        var account = Assert.Single(view.Changed, profile => profile.kind == Accounts.Kind);
        Assert.Equal((Some.AccountId("g"), "1"), (account.profileId, account.traits["plan"].value));
    }

    [Fact]
    public void Apply_SplitUnknownFromDecisions_MarksBothProfiles()
    {
        var view = View();
        ISpecificRecord split = new ProfileSplit
        {
            profileId = "a",
            into = ["b"],
            sequence = 7,
            decidedAt = Some.Noon,
            identifiers = [Some.Id("email", "x")],
            family = ["a"],
        };
        view.Apply(split, Some.Identified(0, 0));
        Assert.Equal(["a", "b"], view.Split.Order());
    }

    [Fact]
    public void Apply_EventWithSplitOffIdentifier_GivesEachIdentifierToItsOwner()
    {
        var (ann, bob) = (Some.Id("user_id", "ann"), Some.Id("email", "bob"));
        var routing = new Routing();
        routing.Add("a", new SplitRoute { sequence = 7, into = "b", identifiers = [bob] });
        var view = View(routing);
        view.Apply(Some.Event("a", "track", 0, "m1", null, "A", ann, bob), Some.Identified(0, 0));
        view.Apply(Some.Event("a", "track", 0, "m2", null, "A", bob, ann), Some.Identified(0, 1));
        var changed = view.Changed.OrderBy(profile => profile.profileId)
            .Select(profile => (profile.profileId, profile.total, Assert.Single(profile.identifiers).value));
        Assert.Equal([("a", 1L, "ann"), ("b", 1L, "bob")], changed);
    }

    [Fact]
    public void AddIdentifiers_SplitTwice_GivesIdentifierToItsCurrentOwner()
    {
        var bob = Some.Id("email", "bob");
        var routing = new Routing();
        SplitRoute[] routes = [new() { sequence = 7, into = "b", identifiers = [bob] }, new() { sequence = 8, into = "c", identifiers = [bob] }];
        routing.Add("a", routes[0]);
        routing.Add("b", routes[1]);
        var view = View(routing);
        foreach (var route in routes) view.AddIdentifiers(route);
        var changed = Assert.Single(view.Changed);
        Assert.Equal(("c", 0L, "bob"), (changed.profileId, changed.total, Assert.Single(changed.identifiers).value));
    }

    private static DraftView View(Routing? routing = null)
    {
        var view = new DraftView(routing ?? new Routing(), Some.Folding);
        foreach (var profileId in (string[])["a", "b", "c", "d", "p"]) view.Add(profileId, null);
        foreach (var groupId in (string[])["g", "acme", "zeta"]) view.Add(Some.AccountId(groupId), null);
        return view;
    }

    private static string FingerprintOf(string profileId, DraftView view) =>
        Fingerprint.Of(view.Changed.Single(profile => profile.profileId == profileId));
}
