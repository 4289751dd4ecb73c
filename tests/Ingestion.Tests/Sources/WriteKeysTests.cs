using Cdp.Ingestion.Sources;
using Xunit;

namespace Cdp.Ingestion.Tests.Sources;

public sealed class WriteKeysTests
{
    [Fact]
    public void Find_KnownKey_ReturnsItsSource()
    {
        var keys = new WriteKeys([Source("a", "key-a", "key-a-new"), Source("b", "key-b")]);

        Assert.Equal("a", keys.Find("key-a")?.Id);
        Assert.Equal("a", keys.Find("key-a-new")?.Id);
        Assert.Equal("b", keys.Find("key-b")?.Id);
        Assert.Null(keys.Find("key-c"));
        Assert.Null(keys.Find(""));
    }

    [Theory]
    [InlineData("Basic V0s6", "WK")]
    [InlineData("basic V0s6", "WK")]
    [InlineData("Basic V0s=", "WK")]
    [InlineData("Basic V0s6cGFzcw==", "WK")]
    [InlineData("Basic OnBhc3M=", null)]
    [InlineData("Basic", null)]
    [InlineData("Basic ", null)]
    [InlineData("Basic !!!", null)]
    [InlineData("Bearer V0s6", null)]
    public void FromBasic_Header_ReturnsTheUser(string header, string? key) => Assert.Equal(key, WriteKeys.FromBasic(header));

    private static Source Source(string id, params string[] keys) =>
        new() { Id = id, WriteKeyHashes = [.. keys.Select(key => Convert.FromHexString(WriteKeys.Hash(key)))] };
}
