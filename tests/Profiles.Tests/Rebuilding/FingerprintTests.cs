using cdp;
using Cdp.Profiles.Rebuilding;
using Cdp.Profiles.State;
using CsCheck;

namespace Cdp.Profiles.Tests.Rebuilding;

public sealed class FingerprintTests
{
    [Fact]
    public void Of_SameEventsInAnyOrder_IsTheSame() => Some.AnyEvents.SelectMany(events => Gen.Shuffle(events).Select(shuffled => (events, shuffled))).Sample(orders =>
        Assert.Equal(Fingerprint.Of(Folded(orders.events)), Fingerprint.Of(Folded(orders.shuffled))));

    [Fact]
    public void Of_ListsAndMapsTurnedRound_IsTheSame() => Some.AnyEvents.Sample(events =>
    {
        var (profile, turned) = (Folded(events), Folded(events));
        turned.identifiers = [.. turned.identifiers.Reverse()];
        turned.reflects = [.. turned.reflects.Reverse()];
        turned.since = [.. turned.since.Reverse()];
        turned.recent = [.. turned.recent.Reverse()];
        turned.counts = turned.counts.Reverse().ToDictionary();
        turned.traits = turned.traits.Reverse().ToDictionary();
        Assert.Equal(Fingerprint.Of(profile), Fingerprint.Of(turned));
    });

    [Fact]
    public void Of_AnythingElse_IsAnother()
    {
        Action<Profile>[] changes =
        [
            profile => profile.mergedInto = "q",
            profile => profile.kind = Accounts.Kind,
            profile => profile.total++,
            profile => profile.firstSeen = null,
            profile => profile.lastSeen = Some.Noon.AddDays(1),
            profile => profile.identifiers.Clear(),
            profile => profile.traits["plan"].value = "2",
            profile => profile.traits["plan"].position = Some.Identified(0, 9),
            profile => profile.counts["A"].count++,
            profile => profile.counts["A"].last = Some.Noon.AddDays(1),
            profile => profile.recent.RemoveAt(0),
            profile => profile.accounts[0].groupId = "other",
            profile => profile.members.Add(new AccountMember { identifier = Some.Id("email", "x"), timestamp = Some.Noon, messageId = "m" }),
            profile => profile.reflects[0] = Some.Identified(0, 9),
            profile => profile.since.Clear(),
        ];
        var all = changes.Select(change =>
        {
            var profile = Whole();
            change(profile);
            return Fingerprint.Of(profile);
        }).Append(Fingerprint.Of(Whole())).ToList();
        Assert.Equal(all.Count, all.Distinct().Count());
    }

    [Fact]
    public void Of_NothingStored_IsNothingFolded() => Assert.Equal(Fingerprint.Of(Folding.Empty("p")), Fingerprint.Of(null));

    private static Profile Whole() => Some.Profile("p",
        Some.Event("p", "identify", 1, "m1", """{"plan":1}""", null, Some.Id("email", "a")), Some.Track("p", "A", 2, "m2"), Some.Group("p", "g", 3, "m3"));

    private static Profile Folded((IdentifiedEvent Event, RecordPosition Position)[] events)
    {
        var profile = Folding.Empty("p");
        foreach (var (e, position) in events) Folding.Fold(profile, e, position, Some.Ids);
        return profile;
    }
}
