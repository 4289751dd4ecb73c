using Cdp.Local.Settings;
using Xunit;

namespace Cdp.Local.Tests.Settings;

public class SecretsTests
{
    [Fact]
    public void Open_Twice_ReturnsTheSameKeys()
    {
        using var data = new TemporaryDirectory();
        var first = Secrets.Open(data.Path);
        Assert.Equal(first, Secrets.Open(data.Path));
        Assert.Equal(64, first.WriteKeyHash.Length);
    }

    [Fact]
    public void Open_DataWithoutToken_KeepsTheKeysAndAddsAToken()
    {
        using var data = new TemporaryDirectory();
        File.WriteAllText(Path.Combine(data.Path, "secrets.json"), """{"WriteKey":"k","ProfileIds":"p"}""");
        var opened = Secrets.Open(data.Path);
        Assert.Equal(("k", "p", 32), (opened.WriteKey, opened.ProfileIds, opened.ApiToken.Length));
        Assert.Equal(opened, Secrets.Open(data.Path));
    }

    [Fact]
    public void Open_OtherDirectory_GeneratesOtherKeys()
    {
        using var one = new TemporaryDirectory();
        using var other = new TemporaryDirectory();
        Assert.NotEqual(Secrets.Open(one.Path), Secrets.Open(other.Path));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"WriteKey":"k"}""")]
    public void Open_DamagedFile_ThrowsAndKeepsIt(string content)
    {
        using var data = new TemporaryDirectory();
        File.WriteAllText(Path.Combine(data.Path, "secrets.json"), content);
        Assert.Contains("secrets.json", Assert.Throws<StartException>(() => Secrets.Open(data.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_DirectoryThatIsAFile_NamesItAndTheOption()
    {
        using var data = new TemporaryDirectory();
        var file = Path.Combine(data.Path, "file");
        File.WriteAllText(file, "");

        Assert.Contains(
            $"cannot create or write to the data directory {file}", Assert.Throws<StartException>(() => Secrets.Open(file)).Message, StringComparison.Ordinal);
        Assert.Contains("--data", Assert.Throws<StartException>(() => Secrets.Open(Path.Combine(file, "below"))).Message, StringComparison.Ordinal);
    }
}
