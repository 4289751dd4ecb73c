using Cdp.Ingestion.Browser;
using Xunit;

namespace Cdp.Ingestion.Tests.Browser;

public sealed class SdkOptionsTests
{
    [Fact]
    public void Errors_Defaults_ReturnsNone() => Assert.Empty(new SdkOptions().Errors());

    [Theory]
    [InlineData("/assets/js")]
    [InlineData("/s")]
    [InlineData("/v1.2/a_b-c")]
    public void Errors_ValidPath_ReturnsNone(string path) =>
        Assert.Empty(new SdkOptions { Path = path, Folder = Path.GetTempPath(), TestPage = true }.Errors());

    [Theory]
    [InlineData("assets")]
    [InlineData("/")]
    [InlineData("/assets/")]
    [InlineData("/a//b")]
    [InlineData("/a/../b")]
    [InlineData("/a/{b}")]
    [InlineData("/v1/sdk")]
    [InlineData("/health")]
    public void Errors_InvalidPath_NamesTheOption(string path) =>
        Assert.StartsWith("Sdk:Path is", Assert.Single(new SdkOptions { Path = path }.Errors()), StringComparison.Ordinal);

    [Fact]
    public void Errors_OptionsWithoutPath_NamesEachOption() =>
        Assert.Equal(
            ["Sdk:Folder", "Sdk:TestPage", "Sdk:Folder"],
            new SdkOptions { Folder = "/nowhere", TestPage = true }.Errors().Select(error => error.Split(' ')[0]));
}
