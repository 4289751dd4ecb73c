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
    public void Place_MergedTwice_LeadsToTheLast()
    {
        (_winners["a"], _winners["b"]) = ("b", "c");
        Assert.Equal("c", Place("a", Ann).ProfileId);
        Assert.Equal("d", Place("d", Ann).ProfileId);
    }

    [Fact]
    public void Place_BestIdentifierLeft_GoesWithItAndTakesNoOther()
    {
        _winners["old"] = "r";
        Split(1, "r", "n", Bob);
        var (profileId, e) = Place("old", Bob, Ann);
        Assert.Equal(("n", "bob"), (profileId, Assert.Single(e.identifiers).value));
    }

    [Fact]
    public void Place_OtherIdentifierLeft_StaysWithoutIt()
    {
        Split(1, "r", "n", Bob);
        var (profileId, e) = Place("r", Ann, Bob);
        Assert.Equal(("r", "ann"), (profileId, Assert.Single(e.identifiers).value));
    }

    [Fact]
    public void Place_SplitThenMergedIntoAThird_StillGoesToWhatCameOut()
    {
        Split(1, "r", "n", Bob);
        (_winners["r"], _winners["n"]) = ("w", "x");
        Assert.Equal("x", Place("r", Bob).ProfileId);
        Assert.Equal("w", Place("r", Ann).ProfileId);
    }

    [Theory]
    [InlineData("r")]
    [InlineData("x")]
    public void Place_WhatCameOutIsPartOfItAgain_StaysWhole(string winner)
    {
        Split(1, "r", "n", Bob);
        (_winners["n"], _winners["x"]) = (winner, "r");
        var (profileId, e) = Place("r", Bob, Ann);
        Assert.Equal(("r", 2), (profileId, e.identifiers.Count));
    }

    [Fact]
    public void Place_SplitAgainAfterItCameBack_GoesToTheLatest()
    {
        Split(1, "r", "n1", Bob, Ann);
        _winners["n1"] = "r";
        Split(2, "r", "n2", Bob);
        Assert.Equal("n2", Place("r", Bob).ProfileId);
        Assert.Equal("n2", Place("n1", Bob).ProfileId);
        Assert.Equal("r", Place("n1", Ann).ProfileId);
    }

    [Fact]
    public void Add_Known_SaysSo() => Assert.Equal((true, false), (Split(1, "r", "n", Bob), Split(1, "r", "n", Bob)));

    private bool Split(long sequence, string from, string into, params Identifier[] left) => _routing.Add(from, new SplitRoute { sequence = sequence, into = into, identifiers = [.. left] });

    private (string ProfileId, IdentifiedEvent Event) Place(string sentTo, params Identifier[] identifiers) =>
        _routing.Place(Some.Event(sentTo, "track", 0, "m", null, "A", identifiers), profileId => _winners.GetValueOrDefault(profileId));
}
