using cdp;
using Cdp.Profiles.Deciding;
using Cdp.Profiles.State;
using Cdp.Streaming.Records;

namespace Cdp.Profiles.Tests.Deciding;

public sealed class CorrectionTests
{
    private static readonly Profile Right = Some.Profile("p", Some.Track("p", "A"), Some.Track("p", "A"));

    [Fact]
    public void Decide_CorrectionOfComparedState_ReplacesContentAndKeepsLineage()
    {
        var wrong = Wrong();
        wrong.absorbed.Add("loser");
        wrong.sharedKeys.Add("split off");
        var profile = Decide(wrong, Of(Fingerprint.Of(wrong)));
        Assert.True(profile.IsChanged);
        Assert.Equal((2L, "loser"), (profile.State.counts["A"].count, Assert.Single(profile.State.absorbed)));
        Assert.Equal(["split off"], profile.State.sharedKeys);
        Assert.Equal(Fingerprint.Of(Right), Fingerprint.Of(profile.State));
    }

    [Fact]
    public void Decide_CorrectionOfAnotherState_ChangesNothing() =>
        Assert.False(Decide(Some.Profile("p", Some.Track("p", "A")), Of(Fingerprint.Of(Wrong()))).IsChanged);

    [Fact]
    public void Decide_CorrectionTwice_SecondChangesNothing()
    {
        var correction = Of(Fingerprint.Of(Wrong()));
        Assert.False(Decide(Decide(Wrong(), correction).State, correction).IsChanged);
    }

    [Fact]
    public void Decide_CorrectionDuringPendingSplit_ChangesNothing()
    {
        var wrong = Wrong();
        wrong.pending.Add(new PendingSplit { sequence = 1 });
        Assert.False(Decide(wrong, Of(Fingerprint.Of(wrong))).IsChanged);
    }

    [Fact]
    public void Decide_CorrectionBeforeAwaitedState_ChangesNothing()
    {
        var wrong = Wrong();
        wrong.awaited.Add(1);
        Assert.False(Decide(wrong, Of(Fingerprint.Of(wrong))).IsChanged);
    }

    [Fact]
    public void Decide_CorrectionOfWrongAlias_RestoresTheProfile()
    {
        var profile = Decide(Folding.Alias("p", "q"), Of(Fingerprint.Of(Folding.Alias("p", "q"))));
        Assert.Equal((null, 2L), (profile.State.mergedInto, profile.State.total));
    }

    private static Profile Wrong() => Some.Profile("p", Some.Track("p", "B"));

    private static ProfileRecomputed Of(string replaces) => new() { profileId = "p", sequence = 0, state = Right, cuts = [], replaces = replaces };

    private static TrackedProfile Decide(Profile state, ProfileRecomputed correction)
    {
        var view = new ProfilesView(Some.Splitting());
        view.Add(0, state);
        Decision.Decide(view, Some.Incoming(correction), Some.Folding, new Outbox());
        return view["p"];
    }
}
