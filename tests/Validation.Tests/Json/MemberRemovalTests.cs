using Cdp.Validation.Json;
using CsCheck;
using Newtonsoft.Json.Linq;
using Xunit;

namespace Cdp.Validation.Tests.Json;

public sealed class MemberRemovalTests
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
    [InlineData("""{"a":{"b":1,"c":2},"a":{"b":3}}""", "/a/b", """{"a":{"c":2},"a":{}}""")]
    [InlineData("""{"a":[{"b":1}],"a":{"b":3}}""", "/a/b", """{"a":[{"b":1}],"a":{}}""")]
    public void Remove_Members_RemovesThemAndNothingElse(string json, string members, string expected) =>
        Assert.Equal(expected, Remove(json, members.Split(' ')));

    [Fact]
    public void Remove_AnyMembers_EqualsTheTextWrittenWithoutThem()
    {
        var names = Gen.Select(JsonTexts.Members, Gen.OneOf("", " ", "\n"), Gen.OneOf("/total", "/items", "/a~1b~0c", "/").HashSet[0, 4]);
        names.Sample((members, space, removed) =>
        {
            var kept = members.Where(member => !removed.Contains($"/{JsonTree.Escape(member.Name)}"));
            return Remove(JsonTexts.Object(members, space), removed) == JsonTexts.Object(kept, space);
        });
    }

    private static string Remove(string json, IEnumerable<string> pointers)
    {
        var root = JsonTree.Parse(json);
        var members = pointers.Select(pointer => Find(root, pointer)).Where(token => token is not null).ToHashSet<object?>(ReferenceEqualityComparer.Instance);
        return MemberRemoval.Remove(json, root, members);
    }

    private static JToken? Find(JToken root, string pointer) => pointer.Split('/').Skip(1)
        .Select(step => step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))
        .Aggregate((JToken?)root, (token, step) => token switch
        {
            JObject members => members[step],
            JArray elements => elements[int.Parse(step, System.Globalization.CultureInfo.InvariantCulture)],
            _ => null,
        });
}
