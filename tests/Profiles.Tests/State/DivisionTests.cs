using Cdp.Profiles.State;

namespace Cdp.Profiles.Tests.State;

public sealed class DivisionTests
{
    [Fact]
    public void Of_LongIdentifier_IsOnTheSameSideAsSentAndAsStored()
    {
        var id = Some.Id("device", new string('d', 600));
        var division = new Division([Texts.Compared(id)], [Texts.Identifier(id)]);
        Assert.Equal((Side.SplitOff, Side.SplitOff), (division.Of(id), division.Of(Texts.Identifier(id))));
        Assert.Equal(Side.Unrelated, division.Of(Some.Id("device", new string('d', 601))));
    }
}
