using System.Text;
using Cdp.Profiles.State;

namespace Cdp.Profiles.Tests.State;

public sealed class TextsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Name_LongString_IsShortenedOnceAndStaysDifferentFromOthers(int more)
    {
        var (a, b) = (Texts.Name(new string('é', 64 + more)), Texts.Name(new string('é', 64 + more) + "x"));
        Assert.All([a, b], text => Assert.InRange(Encoding.UTF8.GetByteCount(text), 1, Texts.NameBytes));
        Assert.NotEqual(a, b);
        Assert.Equal((a, b), (Texts.Name(a), Texts.Name(b)));
        Assert.Equal(more == 0, a == new string('é', 64));
    }
}
