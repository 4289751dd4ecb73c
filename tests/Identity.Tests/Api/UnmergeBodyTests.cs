using System.Text;
using Cdp.Identifiers.Types;
using Cdp.Identity.Api;
using Xunit;

namespace Cdp.Identity.Tests.Api;

public sealed class UnmergeBodyTests
{
    [Fact]
    public void Parse_IdentifiersAndAReason_NormalisesAndRemovesRepetitions()
    {
        var body = Parse(
            """
            {"identifiers":[{"type":"email","value":" A@X.org"},{"type":"email","value":"a@x.org"},{"type":"user_id","value":" U "}],"reason":"shared"}
            """);
        Assert.Empty(body.Faults);
        Assert.Equal(["email:a@x.org", "user_id:U"], body.Identifiers.Select(Given.Name));
        Assert.Equal("shared", body.Reason);
    }

    [Fact]
    public void Parse_ManyFaults_ListsAll()
    {
        var body = Parse("""{"identifiers":[{"type":"email"},{"value":"x"},7,{"type":"user_id","value":""}],"reason":1,"because":2}""");
        Assert.Equal(
            [
                "because is unknown; the members are identifiers and reason",
                "identifiers[0].value is missing; it must be a string",
                "identifiers[1].type is missing; it must be a string such as anonymous_id",
                "identifiers[2].type is missing; it must be a string such as anonymous_id",
                "identifiers[3].value is missing; it must be a string",
                "reason must be a string",
            ],
            body.Faults);
    }

    [Theory]
    [InlineData("", "the request has no body")]
    [InlineData("{\"identifiers\":\n[", "the body is not JSON: line 2")]
    [InlineData("[]", "the body is not a JSON object")]
    [InlineData("{}", "identifiers is missing")]
    [InlineData("""{"identifiers":[]}""", "identifiers is missing")]
    [InlineData("""{"identifiers":{}}""", "identifiers is missing")]
    public void Parse_InvalidBody_SaysWhatIsWrong(string json, string fault) => Assert.StartsWith(fault, Assert.Single(Parse(json).Faults));

    [Fact]
    public void Parse_TooManyIdentifiers_IsAFault()
    {
        var item = """{"type":"user_id","value":"u"}""";
        Assert.Empty(Parse($$"""{"identifiers":[{{string.Join(',', Enumerable.Repeat(item, UnmergeBody.MaxIdentifiers))}}]}""").Faults);
        Assert.Single(Parse($$"""{"identifiers":[{{string.Join(',', Enumerable.Repeat(item, UnmergeBody.MaxIdentifiers + 1))}}]}""").Faults);
    }

    [Fact]
    public void Parse_HalfASurrogatePair_IsAFault()
    {
        var body = Parse("""{"identifiers":[{"type":"user_id","value":"\ud800"}]}""");
        Assert.StartsWith("a string in the body is not valid Unicode", Assert.Single(body.Faults));
    }

    [Fact]
    public void Parse_LongReason_IsAFault() =>
        Assert.Single(Parse($$"""{"identifiers":[{"type":"user_id","value":"u"}],"reason":"{{new string('x', UnmergeBody.MaxReasonLength + 1)}}"}""").Faults);

    private static UnmergeBody Parse(string json) => UnmergeBody.Parse(Encoding.UTF8.GetBytes(json), DefaultTypes.Configuration.Normalise);
}
