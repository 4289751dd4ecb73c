using System.Text.Json;
using Cdp.Local.Demo;
using Xunit;

namespace Cdp.Local.Tests.Demo;

public class ExpectedProfileTests
{
    private const string Right = """
        {"identifiers":[{"type":"anonymous_id","value":"visitor-7"},{"type":"user_id","value":"ada"}],"traits":{"name":"Ada Lovelace","plan":"pro"},
         "counts":{"$identify":{"count":1},"$page":{"count":1},"Order Completed":{"count":1},"Product Viewed":{"count":1}}}
        """;

    [Fact]
    public void Faults_AsTold_None() => Assert.Empty(Faults(Right));

    [Theory]
    [InlineData("visitor-7", "visitor-8", "the identifier anonymous_id visitor-7 is missing")]
    [InlineData("\"pro\"", "\"free\"", "the trait plan is not pro")]
    [InlineData("\"$page\":{\"count\":1}", "\"$page\":{\"count\":2}", "$page is counted 2 times, not 1")]
    [InlineData("\"$page\":{\"count\":1},", "", "$page is counted 0 times, not 1")]
    [InlineData("\"$page\":", "\"$screen\":{\"count\":1},\"$page\":", "$screen is counted 1 times, not 0")]
    public void Faults_Different_NamesIt(string part, string instead, string fault) => Assert.Equal([fault], Faults(Right.Replace(part, instead, StringComparison.Ordinal)));

    private static IReadOnlyList<string> Faults(string json) => ExpectedProfile.Faults(JsonSerializer.Deserialize<JsonElement>(json));
}
