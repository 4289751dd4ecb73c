using System.Text;
using Cdp.Identifiers;
using Cdp.Identity.Answering;
using Xunit;

namespace Cdp.Identity.Tests.Answering;

public sealed class UnmergeBodyTests
{
    [Fact]
    public void Read_OfIdentifiersAndAReason_NormalisesAndTakesEachOnce()
    {
        var body = Read("""{"identifiers":[{"type":"email","value":" A@X.org"},{"type":"email","value":"a@x.org"},{"type":"user_id","value":" U "}],"reason":"shared"}""");
        Assert.Empty(body.Faults);
        Assert.Equal(["email:a@x.org", "user_id: U "], body.Identifiers.Select(A.Name));
        Assert.Equal("shared", body.Reason);
    }

    [Fact]
    public void Read_ManyFaults_TellsAll()
    {
        var body = Read("""{"identifiers":[{"type":"email"},{"value":"x"},7,{"type":"user_id","value":""}],"reason":1,"because":2}""");
        Assert.Equal(
            [
                "because is not known here; there are identifiers and reason",
                "identifiers[0].value is missing; it is a text",
                "identifiers[1].type is missing; it is a text such as anonymous_id",
                "identifiers[2].type is missing; it is a text such as anonymous_id",
                "identifiers[3].value is missing; it is a text",
                "reason is no text",
            ],
            body.Faults);
    }

    [Theory]
    [InlineData("", "the body is no JSON: line 1")]
    [InlineData("{\"identifiers\":\n[", "the body is no JSON: line 2")]
    [InlineData("[]", "the body is no object")]
    [InlineData("{}", "identifiers is missing")]
    [InlineData("""{"identifiers":[]}""", "identifiers is missing")]
    [InlineData("""{"identifiers":{}}""", "identifiers is missing")]
    public void Read_NoSuchBody_SaysWhatToSend(string json, string fault) => Assert.StartsWith(fault, Assert.Single(Read(json).Faults));

    [Fact]
    public void Read_MoreThanAProfileHas_IsAFault()
    {
        var item = """{"type":"user_id","value":"u"}""";
        Assert.Empty(Read($$"""{"identifiers":[{{string.Join(',', Enumerable.Repeat(item, UnmergeBody.MostIdentifiers))}}]}""").Faults);
        Assert.Single(Read($$"""{"identifiers":[{{string.Join(',', Enumerable.Repeat(item, UnmergeBody.MostIdentifiers + 1))}}]}""").Faults);
    }

    [Fact]
    public void Read_HalfASurrogatePair_IsAFault() => Assert.StartsWith("the body holds what is no text", Assert.Single(Read("""{"identifiers":[{"type":"user_id","value":"\ud800"}]}""").Faults));

    [Fact]
    public void Read_ReasonTooLong_IsAFault() =>
        Assert.Single(Read($$"""{"identifiers":[{"type":"user_id","value":"u"}],"reason":"{{new string('x', UnmergeBody.LongestReason + 1)}}"}""").Faults);

    private static UnmergeBody Read(string json) => UnmergeBody.Read(Encoding.UTF8.GetBytes(json), DefaultTypes.Configuration.Normalised);
}
