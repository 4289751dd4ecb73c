namespace Cdp.Profiles.Tests;

public sealed class RebuildCommandTests
{
    [Theory]
    [InlineData("--rebuild=now")]
    [InlineData("--rebuild=")]
    [InlineData("--rebuild --rebuild=switch")]
    public async Task RunAsync_InvalidOption_PrintsUsage(string words)
    {
        var errors = new StringWriter();
        Assert.Equal(2, await RebuildCommand.RunAsync(words.Split(' '), TextWriter.Null, errors, TestContext.Current.CancellationToken));
        Assert.Contains("is not valid; --rebuild builds and compares, --rebuild=switch", errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_InvalidConfiguration_PrintsEveryError()
    {
        var errors = new StringWriter();
        Assert.Equal(2, await RebuildCommand.RunAsync(["--rebuild", "--Kafka:Partitions=0"], TextWriter.Null, errors, TestContext.Current.CancellationToken));
        Assert.Contains("Kafka:Partitions is 0", errors.ToString(), StringComparison.Ordinal);
        Assert.Contains("ProfileIds:Key is empty", errors.ToString(), StringComparison.Ordinal);
    }
}
