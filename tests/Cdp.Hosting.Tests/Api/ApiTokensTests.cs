using Cdp.Hosting.Api;

namespace Cdp.Hosting.Tests.Api;

public sealed class ApiTokensTests
{
    [Fact]
    public void IsKnown_Tokens_AcceptsThoseWithKnownHashOnly()
    {
        var tokens = new ApiTokens([ApiTokens.Hash("one"), ApiTokens.Hash("two").ToUpperInvariant()]);
        Assert.True(tokens.IsKnown("one"));
        Assert.True(tokens.IsKnown("two"));
        Assert.False(tokens.IsKnown("three"));
        Assert.False(tokens.IsKnown(ApiTokens.Hash("one")));
    }

    [Theory]
    [InlineData("Bearer abc", "abc")]
    [InlineData("bearer  abc ", "abc")]
    [InlineData("Bearer", null)]
    [InlineData("Bearer  ", null)]
    [InlineData("Basic abc", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void FromBearer_Header_ReturnsItsToken(string? authorization, string? expected) => Assert.Equal(expected, ApiTokens.FromBearer(authorization));

    [Fact]
    public void Draw_Twice_ReturnsDifferentTokens() => Assert.NotEqual(NewApiToken.Draw(), NewApiToken.Draw());

    [Fact]
    public void Errors_NotAHash_NamesEachWithTheRemedy()
    {
        var errors = new ApiOptions { Tokens = [ApiTokens.Hash("t"), "the token itself", new string('x', 64)] }.Errors().ToList();
        Assert.Equal(["Api:Tokens:1 is not", "Api:Tokens:2 is not"], errors.Select(error => error[..19]));
        Assert.All(errors, error => Assert.Contains("--new-token prints a token and its hash", error, StringComparison.Ordinal));
    }
}
