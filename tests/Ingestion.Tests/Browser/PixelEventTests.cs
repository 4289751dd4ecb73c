using System.Text;
using Cdp.Ingestion.Browser;
using Xunit;

namespace Cdp.Ingestion.Tests.Browser;

public sealed class PixelEventTests
{
    [Theory]
    [InlineData("eyJhIjoiPz8+In0=", """{"a":"??>"}""")]
    [InlineData("eyJhIjoiPz8+In0", """{"a":"??>"}""")]
    [InlineData("eyJhIjoiPz8-In0", """{"a":"??>"}""")]
    [InlineData("eyJhIjoiPz8 In0=", """{"a":"??>"}""")]
    [InlineData("{\"a\":1}", null)]
    [InlineData("eyJhI", null)]
    public void FromData_Base64_ReadsBothAlphabets(string data, string? json) =>
        Assert.Equal(json, PixelEvent.FromData(data) is { } read ? Encoding.UTF8.GetString(read) : null);

    [Fact]
    public void FromQuery_DottedNames_NestsMembersAndDropsTheWriteKey() => Assert.Equal(
        """{"userId":"u1","event":"Öffnung","properties":{"subject":"a b","deep":{"x":"1"}},"context":{"page":{"url":"https://shop.example/?a=1&b=2"}}}""",
        Read(
            ("writeKey", "WK"),
            ("WRITEKEY", "WK"),
            ("userId", "u1"),
            ("event", "Öffnung"),
            ("properties.subject", "a b"),
            ("properties.deep.x", "1"),
            ("context.page.url", "https://shop.example/?a=1&b=2")));

    [Fact]
    public void FromQuery_ContradictingMembers_KeepsTheLast() =>
        Assert.Equal("""{"a":{"b":"2"},"c":"4"}""", Read(("a", "1"), ("a.b", "2"), ("c.d", "3"), ("c", "4")));

    [Fact]
    public void FromQuery_ManyDots_LimitsTheNesting() =>
        Assert.InRange(Read((string.Join('.', Enumerable.Repeat("a", 4_000)), "1")).Count(c => c == '{'), 2, 20);

    private static string Read(params (string Name, string Value)[] query) =>
        Encoding.UTF8.GetString(PixelEvent.FromQuery(query.Select(parameter => KeyValuePair.Create(parameter.Name, parameter.Value))));
}
