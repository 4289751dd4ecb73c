using cdp;
using Cdp.Profiles.Deciding;
using Cdp.Profiles.Rebuilding;
using Cdp.Streaming;

namespace Cdp.Profiles.Tests.Rebuilding;

public sealed class CorrectionTests
{
    private static readonly Profile Right = Some.Profile("p", Some.Track("p", "A"), Some.Track("p", "A"));

    [Fact]
    public void Decide_TheStateThatWasCompared_IsReplacedAndKeepsHowItCameTogether()
    {
        var wrong = Wrong();
        wrong.absorbed.Add("loser");
        wrong.sharedKeys.Add("split off");
        var touched = Decide(wrong, Of(Fingerprint.Of(wrong)));
        Assert.True(touched.IsChanged);
        Assert.Equal((2L, "loser"), (touched.State.counts["A"].count, Assert.Single(touched.State.absorbed)));
        Assert.Equal(["split off"], touched.State.sharedKeys);
        Assert.Equal(Fingerprint.Of(Right), Fingerprint.Of(touched.State));
    }

    [Fact]
    public void Decide_AnotherState_Stays() => Assert.False(Decide(Some.Profile("p", Some.Track("p", "A")), Of(Fingerprint.Of(Wrong()))).IsChanged);

    [Fact]
    public void Decide_ArrivesTwice_SecondChangesNothing()
    {
        var correction = Of(Fingerprint.Of(Wrong()));
        Assert.False(Decide(Decide(Wrong(), correction).State, correction).IsChanged);
    }

    [Fact]
    public void Decide_SplitPending_Stays()
    {
        var wrong = Wrong();
        wrong.pending.Add(new PendingSplit { sequence = 1 });
        Assert.False(Decide(wrong, Of(Fingerprint.Of(wrong))).IsChanged);
    }

    [Fact]
    public void Decide_OutcomeOfASplitAwaited_Stays()
    {
        var wrong = Wrong();
        wrong.awaited.Add(1);
        Assert.False(Decide(wrong, Of(Fingerprint.Of(wrong))).IsChanged);
    }

    [Fact]
    public void Decide_WronglyAnAlias_LivesAgain()
    {
        var touched = Decide(Some.Alias("p", "q"), Of(Fingerprint.Of(Some.Alias("p", "q"))));
        Assert.Equal((null, 2L), (touched.State.mergedInto, touched.State.total));
    }

    private static Profile Wrong() => Some.Profile("p", Some.Track("p", "B"));

    private static ProfileRecomputed Of(string replaces) => new() { profileId = "p", sequence = 0, state = Right, cuts = [], replaces = replaces };

    private static Touched Decide(Profile state, ProfileRecomputed correction)
    {
        var view = new ProfilesView(Some.Splitting());
        view.Add(0, state);
        Decision.Decide(view, Some.Incoming(correction), Some.Ids, new Outbox());
        return view["p"];
    }
}
