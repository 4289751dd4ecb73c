using Xunit;

namespace Cdp.Local.Tests;

public class SecretsTests
{
    [Fact]
    public void Open_SecondTime_AnswersTheSame()
    {
        using var data = new TemporaryDirectory();
        var first = Secrets.Open(data.Path);
        Assert.Equal(first, Secrets.Open(data.Path));
        Assert.Equal(64, first.WriteKeyHash.Length);
    }

    [Fact]
    public void Open_DataOfBeforeThereWereTokens_KeepsTheRestAndDrawsOne()
    {
        using var data = new TemporaryDirectory();
        File.WriteAllText(Path.Combine(data.Path, "secrets.json"), """{"WriteKey":"k","ProfileIds":"p"}""");
        var opened = Secrets.Open(data.Path);
        Assert.Equal(("k", "p", 32), (opened.WriteKey, opened.ProfileIds, opened.ApiToken.Length));
        Assert.Equal(opened, Secrets.Open(data.Path));
    }

    [Fact]
    public void Open_ElsewhereAgain_DrawsOthers()
    {
        using var one = new TemporaryDirectory();
        using var other = new TemporaryDirectory();
        Assert.NotEqual(Secrets.Open(one.Path), Secrets.Open(other.Path));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"WriteKey":"k"}""")]
    public void Open_Damaged_IsRefusedNotReplaced(string content)
    {
        using var data = new TemporaryDirectory();
        File.WriteAllText(Path.Combine(data.Path, "secrets.json"), content);
        Assert.Contains("secrets.json", Assert.Throws<StartException>(() => Secrets.Open(data.Path)).Message, StringComparison.Ordinal);
    }
}
