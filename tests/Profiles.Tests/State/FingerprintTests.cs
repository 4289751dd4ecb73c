using cdp;
using Cdp.Profiles.State;
using CsCheck;

namespace Cdp.Profiles.Tests.State;

public sealed class FingerprintTests
{
    [Fact]
    public void Of_SameEventsInAnyOrder_IsEqual() =>
        Some.AnyEvents.SelectMany(events => Gen.Shuffle(events).Select(shuffled => (events, shuffled))).Sample(orders =>
            Assert.Equal(Fingerprint.Of(Some.Folded(orders.events)), Fingerprint.Of(Some.Folded(orders.shuffled))));

    [Fact]
    public void Of_ReversedListsAndMaps_IsEqual() => Some.AnyEvents.Sample(events =>
    {
        var (profile, reversed) = (Some.Folded(events), Some.Folded(events));
        reversed.identifiers = [.. reversed.identifiers.Reverse()];
        reversed.reflects = [.. reversed.reflects.Reverse()];
        reversed.since = [.. reversed.since.Reverse()];
        reversed.recent = [.. reversed.recent.Reverse()];
        reversed.counts = reversed.counts.Reverse().ToDictionary();
        reversed.traits = reversed.traits.Reverse().ToDictionary();
        Assert.Equal(Fingerprint.Of(profile), Fingerprint.Of(reversed));
    });

    [Fact]
    public void Of_AnyChangeOfContent_IsDifferent()
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
            profile => profile.cut.Add(Cuts.Traits),
            profile => profile.cutTraits.Add(new CutTrait { name = "x", timestamp = Some.Noon, messageId = "m", position = Some.Identified(0, 0) }),
            profile => profile.otherEvents = new OtherEvents { count = 1, first = Some.Noon, last = Some.Noon },
            profile => profile.otherEvents = new OtherEvents { count = 1, first = Some.Noon, last = Some.Noon, from = 1 },
        ];
        var all = changes.Select(change =>
        {
            var profile = Full();
            change(profile);
            return Fingerprint.Of(profile);
        }).Append(Fingerprint.Of(Full())).ToList();
        Assert.Equal(all.Count, all.Distinct().Count());
    }

    [Fact]
    public void Of_MissingProfile_EqualsEmptyProfile() => Assert.Equal(Fingerprint.Of(Folding.Empty("p")), Fingerprint.Of(null));

    private static Profile Full() => Some.Profile("p",
        Some.Event("p", "identify", 1, "m1", """{"plan":1}""", null, Some.Id("email", "a")), Some.Track("p", "A", 2, "m2"), Some.Group("p", "g", 3, "m3"));
}
