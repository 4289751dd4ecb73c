using System.Text.Json;
using Cdp.Local.Demo;
using Xunit;

namespace Cdp.Local.Tests.Demo;

public class ExpectedProfileTests
{
    private const string Expected = """
        {"identifiers":[{"type":"anonymous_id","value":"visitor-7"},{"type":"user_id","value":"ada"}],"traits":{"name":"Ada Lovelace","plan":"pro"},
         "counts":{"$identify":{"count":1},"$page":{"count":1},"Order Completed":{"count":1},"Product Viewed":{"count":1}}}
        """;

    [Fact]
    public void FindDifferences_ExpectedProfile_FindsNone() => Assert.Empty(Find(Expected));

    [Theory]
    [InlineData("visitor-7", "visitor-8", "the identifier anonymous_id visitor-7 is missing")]
    [InlineData("\"pro\"", "\"free\"", "the trait plan is not pro")]
    [InlineData("\"$page\":{\"count\":1}", "\"$page\":{\"count\":2}", "$page is counted 2 times instead of 1")]
    [InlineData("\"$page\":{\"count\":1},", "", "$page is counted 0 times instead of 1")]
    [InlineData("\"$page\":", "\"$screen\":{\"count\":1},\"$page\":", "$screen is counted 1 times instead of 0")]
    public void FindDifferences_OneDifference_NamesIt(string part, string instead, string difference) =>
        Assert.Equal([difference], Find(Expected.Replace(part, instead, StringComparison.Ordinal)));

    private static IReadOnlyList<string> Find(string json) => ExpectedProfile.FindDifferences(JsonSerializer.Deserialize<JsonElement>(json));
}
