using System.Text.Json;
using Cdp.Destinations.Fql;
using Xunit;

namespace Cdp.Destinations.Tests.Fql;

/// <summary>Patterns of <c>match</c>, with the examples of Segment's documentation.</summary>
public sealed class GlobTests
{
    [Theory]
    [InlineData("abcd", "a*d", true)]
    [InlineData("", "*", true)]
    [InlineData("abc", "ab", false)]
    [InlineData("abcd", "a??d", true)]
    [InlineData("abcd", "*d", true)]
    [InlineData("ab*d", "ab\\*d", true)]
    [InlineData("abCd", "ab[cC]d", true)]
    [InlineData("abcd", "ab[a-z]d", true)]
    [InlineData("abcd", "ab[A-Z]d", false)]
    [InlineData("a/b/c", "a*c", true)]
    [InlineData("abXd", "ab[^a-z]d", true)]
    [InlineData("a]d", "a[\\]]d", true)]
    [InlineData("aab", "*ab", true)]
    [InlineData("mississippi", "m*iss*pi", true)]
    [InlineData("mississippi", "m*iss*pix", false)]
    public void Match_Pattern_CoversTheWholeText(string text, string pattern, bool expected)
    {
        using var document = JsonDocument.Parse(JsonSerializer.Serialize(new { text }));
        Assert.Equal(expected, FqlExpression.Parse($"match(text, '{pattern}')").Matches(document.RootElement));
    }

    /// <summary>Backtracking over each star would take time exponential in their number.</summary>
    [Fact]
    public void Match_ManyStars_TakesLittleWork()
    {
        using var document = JsonDocument.Parse(JsonSerializer.Serialize(new { text = new string('a', 20_000) }));
        Assert.False(FqlExpression.Parse($"match(text, '{string.Concat(Enumerable.Repeat("a*", 30))}b')").Matches(document.RootElement));
    }
}
