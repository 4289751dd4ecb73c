using System.Globalization;
using cdp;

namespace Cdp.Profiles.Tests.State;

public sealed class EventTimeTests
{
    private const string Year1 = "0001-01-01T00:00:00Z";
    private const string Year9999 = "9999-12-31T23:59:59Z";
    private const string Epoch = "1970-01-01T00:00:00Z";

    [Theory]
    [InlineData(Year1)]
    [InlineData(Year9999)]
    [InlineData(Epoch)]
    [InlineData("1900-01-01T00:00:00Z")]
    public void Fold_ImplausibleTime_ChangesNeitherFirstNorLast(string time)
    {
        var profile = Some.Profile("p", At(time, Some.Track("p", "A", 1)), Some.Track("p", "A", 2), At(time, Some.Track("p", "A", 3)));
        var second = Some.Noon.AddSeconds(2);
        Assert.Equal((3L, second, second), (profile.total, profile.firstSeen, profile.lastSeen));
        Assert.Equal((3L, second, second), (profile.counts["A"].count, profile.counts["A"].first, profile.counts["A"].last));
        Assert.Equal(second, profile.recent[0].timestamp);
    }

    [Theory]
    [InlineData(Year1)]
    [InlineData(Year9999)]
    public void Fold_ImplausibleTime_OverwritesNoTraitWithKnownTime(string time)
    {
        IdentifiedEvent[] events =
        [
            Some.Identify("p", """{"plan":"known"}""", 1, "a"),
            At(time, Some.Identify("p", """{"plan":"unknown","city":"x"}""", 0, "b")),
        ];
        foreach (var order in new[] { events, [.. events.Reverse()] })
        {
            var profile = Some.Profile("p", order);
            Assert.Equal(("\"known\"", "\"x\""), (profile.traits["plan"].value, profile.traits["city"].value));
        }
    }

    [Fact]
    public void Fold_OnlyImplausibleTimes_LeavesFirstAndLastNull()
    {
        var profile = Some.Profile("p", At(Year1, Some.Track("p", "A")));
        Assert.Equal((1L, null, null), (profile.total, profile.firstSeen, profile.lastSeen));
    }

    [Fact]
    public void WithinBounds_OldStateWithImplausibleTimes_TakesTheNearestKnownTimes()
    {
        var old = Some.Profile("p", Some.Track("p", "A", 1), Some.Track("p", "B", 5));
        (old.bounds, old.firstSeen, old.lastSeen) = (0, DateTime.Parse(Year1).ToUniversalTime(), DateTime.Parse(Year9999).ToUniversalTime());
        var bounded = Some.Folding.WithinBounds(old);
        Assert.Equal((Some.Noon.AddSeconds(1), Some.Noon.AddSeconds(5)), (bounded.firstSeen, bounded.lastSeen));
    }

    private static IdentifiedEvent At(string time, IdentifiedEvent e)
    {
        e.validated.envelope.timestamp = DateTime.Parse(time, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal);
        return e;
    }
}
