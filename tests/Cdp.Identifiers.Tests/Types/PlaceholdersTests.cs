using cdp;
using Cdp.Identifiers.Extraction;
using Cdp.Identifiers.Types;
using Xunit;

namespace Cdp.Identifiers.Tests.Types;

public sealed class PlaceholdersTests
{
    public static TheoryData<string> Blocked =>
    [
        "[object Object]", "[object Undefined]", "NaN", "None", "none", "nil", "<nil>", "N/A", "#N/A", "false", "TRUE", "(null)", "<null>", "\"null\"",
        "'undefined'", "{}", "[]", "\\N", "guest", "distinct_id", "id",
        "not_authenticated", "0.0", "-0.0", "{00000000-0000-0000-0000-000000000000}", "(not set)", "\u200B", "\uFEFF\u200B",
        "{{userId}}", "{{ user.id }}", "user-{{id}}", "${userId}", "#{user.id}", "%userId%", "%%EMAIL%%",
        "<%= user.id %>", "{% user %}", "*|EMAIL|*", "[[userId]]", "%7B%7BuserId%7D%7D", "\"\"", "'(null)'", "“null”", " Null\u00a0", "Infinity",
        "null\u200B", "00000000-0000-0000-0000-000000000000", "-1", "userId", "anonymous",
    ];

    [Theory]
    [MemberData(nameof(Blocked))]
    public void Of_Placeholder_IsDroppedAsBlocked(string value)
    {
        var extracted = Extract(value);

        Assert.Equal(["anonymous_id"], extracted.Identifiers.Select(identifier => identifier.type));
        Assert.Equal(("user_id", "blocked"), (extracted.Dropped[0].type, extracted.Dropped[0].reason));
    }

    [Theory]
    [InlineData("nullify")]
    [InlineData("guest-7")]
    [InlineData("idris")]
    [InlineData("nano")]
    [InlineData("100%")]
    [InlineData("a%20b")]
    [InlineData("{7ce1f1e0-4e5e-4c1e-9e0e-5e5e5e5e5e5e}")]
    [InlineData("(ada)")]
    [InlineData("O'Brien")]
    [InlineData("true-believer")]
    [InlineData("[1]")]
    public void Of_ValueThatResemblesAPlaceholder_IsKept(string value) =>
        Assert.Equal([value, "a"], Extract(value).Identifiers.Select(identifier => identifier.value));

    [Fact]
    public void Contains_AllowedPlaceholder_IsFalseOnlyForIt()
    {
        var blocked = new BlockedValues(["house"], [], ["Guest"]);

        Assert.Equal([false, false, true, true], new[] { "guest", " GUEST\u200B", "id", "house" }.Select(blocked.Contains));
    }

    [Fact]
    public void IsPlaceholder_BlockedValue_TellsPlaceholdersFromTheOperatorsValues()
    {
        var blocked = new BlockedValues(["house", "none"], [], ["Guest"]);

        Assert.Equal([true, false, false, false], new[] { "id", "guest", "house", "none" }.Select(blocked.IsPlaceholder));
    }

    private static EventIdentifiers Extract(string userId) =>
        EventIdentifiers.Of(new Event { messageId = "m", type = "track", sourceId = "s", userId = userId, anonymousId = "a" }, DefaultTypes.Configuration);
}
