using CsCheck;

namespace Cdp.Validation.Tests;

public sealed class OmissionTests
{
    [Theory]
    [InlineData("""{"a":1,"b":2,"c":3}""", "/a", """{"b":2,"c":3}""")]
    [InlineData("""{"a":1,"b":2,"c":3}""", "/b", """{"a":1,"c":3}""")]
    [InlineData("""{"a":1,"b":2,"c":3}""", "/c", """{"a":1,"b":2}""")]
    [InlineData("""{"a":1,"b":2,"c":3}""", "/a /c", """{"b":2}""")]
    [InlineData("""{"a":1,"b":2,"c":3}""", "/b /c", """{"a":1}""")]
    [InlineData("""{ "a":1, "b":2 }""", "/a /b", "{  }")]
    [InlineData("""{"a":{"b":[{"c":1,"d":[]}]},"c":1}""", "/a/b/0/c", """{"a":{"b":[{"d":[]}]},"c":1}""")]
    [InlineData("""{"a":{"b":1},"c":2}""", "/a /a/b", """{"c":2}""")]
    [InlineData("""{"a":1,"b":2,"a":3}""", "/a", """{"b":2}""")]
    [InlineData("""{"\u0061":1,"b":2}""", "/a", """{"b":2}""")]
    [InlineData("""{"a":1}""", "/b", """{"a":1}""")]
    [InlineData("{}", "/b", "{}")]
    public void Without_Members_AreGoneAndNothingElse(string json, string members, string expected) => Assert.Equal(expected, Omission.Without(json, members.Split(' ').ToHashSet()));

    [Fact]
    public void Without_AnyMembers_IsTheTextThatNeverHadThem()
    {
        var names = Gen.Select(Json.Members, Gen.OneOf("", " ", "\n"), Gen.OneOf("/total", "/items", "/a~1b~0c", "/").HashSet[0, 4]);
        names.Sample((members, space, gone) =>
        {
            var kept = members.Where(member => !gone.Contains($"/{member.Name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}"));
            return Omission.Without(Json.Object(members, space), gone) == Json.Object(kept, space);
        });
    }
}
