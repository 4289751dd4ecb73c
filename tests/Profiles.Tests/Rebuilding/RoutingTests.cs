using cdp;
using Cdp.Profiles.Rebuilding;

namespace Cdp.Profiles.Tests.Rebuilding;

public sealed class RoutingTests
{
    private static readonly Identifier Ann = Some.Id("user_id", "ann");
    private static readonly Identifier Bob = Some.Id("email", "bob");

    private readonly Routing _routing = new();
    private readonly Dictionary<string, string> _winners = [];

    [Fact]
    public void Owner_ChainOfMerges_IsTheLastProfile()
    {
        (_winners["a"], _winners["b"]) = ("b", "c");
        Assert.Equal("c", Owner("a", Ann));
        Assert.Equal("d", Owner("d", Ann));
    }

    [Fact]
    public void Owner_SplitOffIdentifier_IsTheNewProfileForItAlone()
    {
        _winners["old"] = "r";
        Split(1, "r", "n", Bob);
        Assert.Equal(("n", "r"), (Owner("old", Bob), Owner("old", Ann)));
    }

    [Fact]
    public void Owner_Event_IsTheOwnerOfItsBestIdentifier()
    {
        Split(1, "r", "n", Bob);
        Assert.Equal(("n", "r"), (OwnerOfEvent("r", Bob, Ann), OwnerOfEvent("r", Ann, Bob)));
        Assert.Equal("r", OwnerOfEvent("r"));
    }

    [Fact]
    public void Owner_BothSidesMergedAfterSplit_FollowsEachMerge()
    {
        Split(1, "r", "n", Bob);
        (_winners["r"], _winners["n"]) = ("w", "x");
        Assert.Equal(("x", "w"), (Owner("r", Bob), Owner("r", Ann)));
    }

    [Theory]
    [InlineData("r")]
    [InlineData("x")]
    public void Owner_SplitOffProfileMergedBack_IsTheSameForAll(string winner)
    {
        Split(1, "r", "n", Bob);
        (_winners["n"], _winners["x"]) = (winner, "r");
        Assert.Equal(("r", "r"), (Owner("r", Bob), Owner("r", Ann)));
    }

    [Fact]
    public void Owner_SplitAgainAfterMergeBack_FollowsTheLatestSplit()
    {
        Split(1, "r", "n1", Bob, Ann);
        _winners["n1"] = "r";
        Split(2, "r", "n2", Bob);
        Assert.Equal(("n2", "n2", "r"), (Owner("r", Bob), Owner("n1", Bob), Owner("n1", Ann)));
    }

    [Fact]
    public void Add_KnownSplit_ReturnsFalse() => Assert.Equal((true, false), (Split(1, "r", "n", Bob), Split(1, "r", "n", Bob)));

    private bool Split(long sequence, string from, string into, params Identifier[] splitOff) =>
        _routing.Add(from, new SplitRoute { sequence = sequence, into = into, identifiers = [.. splitOff] });

    private string Owner(string profileId, Identifier identifier) => _routing.Owner(profileId, identifier, id => _winners.GetValueOrDefault(id));

    private string OwnerOfEvent(string sentTo, params Identifier[] identifiers) =>
        _routing.Owner(Some.Event(sentTo, "track", 0, "m", null, "A", identifiers), profileId => _winners.GetValueOrDefault(profileId));
}
