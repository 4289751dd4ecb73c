using Cdp.Profiles.State;

namespace Cdp.Profiles.Tests.State;

public sealed class JsonMembersTests
{
    [Theory]
    [InlineData("""{"bad\ud83d":"v","ok":1}""", "bad\ufffd=\"v\";ok=1")]
    [InlineData("""{"\udc00":1}""", "\ufffd=1")]
    [InlineData("""{"\udc00\ud83d":1}""", "\ufffd\ufffd=1")]
    [InlineData("""{"\ud83d\ude00é\u00e9":1}""", "\ud83d\ude00éé=1")]
    [InlineData("""{"a\"\\\/\b\f\n\r\t":1}""", "a\"\\/\b\f\n\r\t=1")]
    [InlineData("""{"a":"\ud83d"}""", "a=\"\\ud83d\"")]
    public void Of_EscapedName_ReturnsEncodableText(string json, string expected) =>
        Assert.Equal(expected, string.Join(';', JsonMembers.Of(json)!.Select(member => $"{member.Key}={member.Value}")));

    [Fact]
    public void Of_DeeplyNestedValue_IsRead()
    {
        var deep = string.Concat(Enumerable.Repeat("[", 10_000)) + string.Concat(Enumerable.Repeat("]", 10_000));
        Assert.Equal(deep, Assert.Single(JsonMembers.Of($$"""{"a":{{deep}}}""")!).Value);
    }

    [Theory]
    [InlineData("{}", "")]
    [InlineData("""{"a":1}""", "a=1")]
    [InlineData(""" { "a" : { "b" : [ 1 , 2 ] } , "c":1.50 } """, "a={ \"b\" : [ 1 , 2 ] };c=1.50")]
    [InlineData("""{"\u0061":"\u00e9é","t":true,"n":null}""", "a=\"\\u00e9é\";t=true;n=null")]
    [InlineData("""{"a":1,"a":2}""", "a=1;a=2")]
    public void Of_Object_ReturnsEachValueAsSent(string json, string expected) =>
        Assert.Equal(expected, string.Join(';', JsonMembers.Of(json)!.Select(member => $"{member.Key}={member.Value}")));

    [Theory]
    [InlineData("[1]")]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("{\"a\"")]
    [InlineData("{} {}")]
    public void Of_NotAnObject_ReturnsNull(string json) => Assert.Null(JsonMembers.Of(json));
}
