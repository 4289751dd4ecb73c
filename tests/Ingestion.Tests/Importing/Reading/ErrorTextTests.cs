using Cdp.Ingestion.Importing.Reading;
using Xunit;

namespace Cdp.Ingestion.Tests.Importing.Reading;

public sealed class ErrorTextTests
{
    [Theory]
    [InlineData("userId", "'userId'")]
    [InlineData("a\r\nb\u0085", "'a\\u000D\\u000Ab\\u0085'")]
    public void Quote_ShortText_EscapesControlCharacters(string text, string quoted) => Assert.Equal(quoted, ErrorText.Quote(text));

    [Fact]
    public void Quote_LongText_CutsBetweenCharacters()
    {
        Assert.Equal($"'{new string('a', 80)}…'", ErrorText.Quote(new string('a', 1_000_000)));
        Assert.Equal($"'{new string('a', 79)}…'", ErrorText.Quote(new string('a', 79) + "\U0001F680\U0001F680"));
        Assert.Equal(1_001, ErrorText.Message(new string('\0', 1_000_000)).Length);
    }

    [Fact]
    public void Join_ManyFaults_ListsTheFirstAndCountsTheRest()
    {
        Assert.Equal("a; b", ErrorText.Join(["a", "b"]));
        Assert.EndsWith("; 19; and 980 more", ErrorText.Join([.. Enumerable.Range(0, 1_000).Select(i => $"{i}")]), StringComparison.Ordinal);
    }
}
